"""Writes the reference page of the import format from the list of files, so that neither lies."""

from routing.network.cells import REQUIRED
from routing.network.shapes import DOCUMENTS, SHAPES

INTRO = """# The network's import format

`lanewise import DIR` reads the files below, checks them as a whole (every fault with file, row and
field) and, when there is none, makes a new version of the network; otherwise nothing changes.
This page is generated from `routing/network/shapes.py`.

- Each table is `NAME.csv` (UTF-8, first line the column names) or `NAME.json` (a list of objects
  with the same fields; whole numbers, decimal numbers and yes/no as JSON values).
- An empty cell takes the default; *required* ones have none.
- Money is whole minor units beside a currency, weights are g, sides mm, times minutes.
- Times of day are local to the place, by its IANA zone. In the hour that a clock change skips, a
  time means the change itself; in the hour it repeats, the first of the two.
- Weekdays: `mon-fri`, `mon|wed|sat`. Lists are joined by bars: `fragile|upright`.
- Postal ranges: `first` to `last`, prefixes included; British ones compare by district number.
- Transit tables are distributions: at most `minutes` with probability `level`; what is beyond the
  last level never arrives. A joint promise over several parcels needs levels well above the one
  promised: end at 0.999 or later.
- A tariff in a currency without an exchange rate to the settlement currency takes its services out
  of every quote, and the quote says so; it is no fault of the import.

"""

POLICY = """
### A policy

| field | what it says |
|---|---|
| `policy`, `version` | code and version; the first policy in force is the default |
| `level` | probability that a promise states, as text: `"0.95"`; joint over the order's parcels |
| `date_rule` | how the day is chosen: `level` (the first that keeps the level), `cost` (least days + lateness cost x P(late)) or `later` of both, the default |
| `lateness_cost_days` | what one late order is worth, in days of waiting, as text: `"60"`; left out: what keeps `level` on average over the last four weeks' parcels, as learned each morning (before that the level decides alone) |
| `hold_min` | minutes a quote honours its price and dates |
| `splits` | `max_parcels`, `max_parcels_per_seller`, `whole_lines` (no line is spread over parcels), `excluded_sellers`, `hubs` (true or false) |
| `co2` | `minor_per_tonne`: what a tonne of CO2e counts in the choice beside the cost, in minor units of the settlement currency; `charged` (false): whether the shopper pays it too |
| `options` | names shown: `fastest`, `cheapest`, `fewest_parcels`, `all_on_one_day`, `greenest` |
| `charges` | `default`, `by_group` (customer group) and `by_seller`: a rule each; the group's wins |
| `valid_from`, `valid_to` | days it holds |
| `returns` | what is better than the law's presets, see [returns](returns.md#a-marketplaces-own-policy) |
| `notices` | when notices are sent, see [notices](notices.md#a-marketplaces-own-rules) |

A charge rule has `kind` (`pass_through`, `flat` per order, `per_seller`), `amount`
(`{"minor": 495, "currency": "EUR"}`; not for pass-through), `free_above` (compared with the goods
of the order, or of the seller for `per_seller`) and `markup` (share on top of the cost, as text).

A tariff contract has the shape of [tariffs](tariffs.md).
"""


def reference_page() -> str:
    """The whole page, Markdown."""
    parts = [INTRO]
    for shape in SHAPES:
        note = "" if shape.required else " Optional."
        key = f" One row per {', '.join(f'`{name}`' for name in shape.key)}." if shape.key else ""
        parts.append(f"## {shape.name}\n\n{shape.about}{note}{key}\n\n")
        parts.append("| column | what it says | empty |\n|---|---|---|\n")
        for column in shape.columns:
            about = column.about
            if column.refers:
                about += f" (in `{column.refers.split('.')[0]}`)"
            parts.append(
                f"| `{column.name}` | {about.replace('|', chr(92) + '|')} | {_default(column.default)} |\n"
            )
        parts.append("\n")
    parts.append("## Documents\n\n")
    parts.extend(f"- `{name}.json`: {about}\n" for name, about in DOCUMENTS.items())
    parts.append(
        "- `areas.geojson` (optional): a FeatureCollection of valid polygons (lon, lat), each with "
        "the property `area`.\n"
    )
    return "".join(parts) + POLICY


def _default(default: object) -> str:
    if default is REQUIRED:
        return "required"
    if default is None or default == "" or default == frozenset():
        return "none"
    if isinstance(default, bool):
        return "yes" if default else "no"
    return f"`{default}`"
