"""The `lanewise` command: finds a command by name and loads only its module.

Outcomes: 0 done, 1 the answer is "no" (a check failed), 2 bad input or a missing outside, told in
one line on standard error, 70 a fault of ours. Data goes to standard output, progress and logs to standard error.
"""

import importlib
import os
import sys
from typing import Any

import typer
from typer.core import TyperGroup

from core.errors import InvalidInput, LanewiseError

# name: (module in api/commands, one line of help). The module defines `app: typer.Typer` with
# one command (shown under this name) or several (shown as a group).
COMMANDS: dict[str, tuple[str, str]] = {
    "ledger": ("ledger", "check or seal the ledger of promises"),
    "bench": ("bench", "measure the published figures"),
    "case": ("case", "solve planning cases, verify answers"),
    "api-key": ("api_key", "create, list, revoke API keys"),
    "backup": ("backup", "copy the database while it is in use"),
    "demo": ("demo", "play the demo: one cart, a week, real carts"),
    "doctor": ("doctor", "check settings, folder, key, database and jobs"),
    "restore": ("restore", "put a backup in place of the database"),
    "serve": ("serve", "API and pages, background work included"),
    "import": ("import_network", "load a network from a folder of CSV and JSON files"),
    "import-olist": ("import_olist", "load Olist-format orders with their history"),
    "carrier": ("carrier", "the carriers there are; does an adapter conform?"),
    "faults": ("faults", "try what must never happen, many times"),
    "init": ("init", "create database, tenant and first API key"),
    "licences": ("licences", "licences of the run-time dependencies"),
    "promise": ("promise", "learned lead times: refit, show, rollback"),
    "quote": ("quote", "plan a cart on the active network"),
    "seed-demo": ("seed_demo", "load the bundled demo marketplace"),
    "pack": ("pack", "pack orders into the cheapest boxes"),
    "packing-report": ("packing_report", "how much air was shipped in a year"),
    "simulate": ("simulate", "run a marketplace in a box; report and certificate"),
    "sandbox-carrier": ("sandbox_carrier", "run the simulated carrier's HTTP server"),
    "tracking-number": ("tracking_number", "whose tracking numbers these are"),
    "settings": ("settings", "show every setting in force"),
    "upgrade": ("upgrade", "bring the database to the present schema"),
    "worker": ("worker", "background work in a process of its own"),
    "journey": ("journey", "where an order is, from a file of tracking events"),
    "tours": ("tours", "plan tours: milk runs, last mile, pick-up and delivery"),
    "warm": ("warm", "compile the hot kernels"),
}


class LazyGroup(TyperGroup):
    """Lists every command from the table above and imports one only when it runs."""

    def list_commands(self, ctx: Any) -> list[str]:
        return sorted(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        entry = COMMANDS.get(cmd_name)
        if entry is None:
            return None
        module = importlib.import_module(f"api.commands.{entry[0]}")
        command = typer.main.get_command(module.app)
        command.name = cmd_name
        return command

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        width = max((len(name) for name in COMMANDS), default=0)
        formatter.write("\nCommands:\n")
        for name in self.list_commands(ctx):
            formatter.write(f"  {name.ljust(width)}  {COMMANDS[name][1]}\n")


app = typer.Typer(
    name="lanewise",
    cls=LazyGroup,
    help="Plans, ships, tells, takes back: delivery for multi-seller marketplaces.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


@app.callback()
def _root() -> None:
    """Plans, ships, tells, takes back: delivery for multi-seller marketplaces."""


def report(error: LanewiseError) -> str:
    """One line for a person at a terminal; several faults are one line each."""
    if isinstance(error, InvalidInput) and len(error.faults) > 1:
        return "\n".join(f"lanewise: {fault}" for fault in error.faults)
    return f"lanewise: {error.message}"


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and exit with its code."""
    try:
        app(args=arguments, prog_name="lanewise", standalone_mode=True)
    except LanewiseError as error:
        print(report(error), file=sys.stderr)  # noqa: T201
        raise SystemExit(2) from None
    except Exception as error:
        if os.environ.get("LANEWISE_LOG_LEVEL") == "debug":
            raise
        line = f"lanewise: internal error: {type(error).__name__}: {error}".splitlines()[0]
        print(line + " (LANEWISE_LOG_LEVEL=debug shows where)", file=sys.stderr)  # noqa: T201
        raise SystemExit(70) from None


if __name__ == "__main__":
    main()
