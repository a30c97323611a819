"""The conformance report as a page of its own: no script, nothing from outside, light and dark."""

from collections import Counter
from collections.abc import Sequence
from html import escape

from carriers.conformance import Check, Verdict

STYLE = """
:root{color-scheme:light dark;--line:#c9ced6;--soft:#5b6472;--bad:#b3261e;--good:#1b6e3c}
@media(prefers-color-scheme:dark){:root{--line:#444b57;--soft:#a4adba;--bad:#ff8a80;--good:#7bd8a0}}
body{font:1rem/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}
.scroll{overflow-x:auto}table{border-collapse:collapse;width:100%}
td,th{padding:.35rem .8rem .35rem 0;border-bottom:1px solid var(--line);text-align:left;vertical-align:top}
.passed .outcome{color:var(--good)}.failed td{color:var(--bad);font-weight:600}
.skipped td{color:var(--soft)}.lead{font-size:1.15rem}
"""
SIGNS = {Verdict.PASSED: "✓", Verdict.FAILED: "✕", Verdict.SKIPPED: "–"}


def html_report(name: str, checks: Sequence[Check]) -> str:
    """The page; failed checks come first, the others in the order they were tried."""
    counts = Counter(check.verdict for check in checks)
    told = ", ".join(f"{counts[verdict]} {verdict.value}" for verdict in Verdict)
    ordered = sorted(checks, key=lambda check: check.verdict is not Verdict.FAILED)
    rows = "".join(
        f"<tr class={check.verdict.value}><td>{escape(check.name)}</td>"
        f"<td class=outcome>{SIGNS[check.verdict]} {check.verdict.value}</td>"
        f"<td>{escape(check.detail)}</td></tr>"
        for check in ordered
    )
    outcome = "does not conform" if counts[Verdict.FAILED] else "conforms"
    return (
        "<!doctype html><html lang=en><meta charset=utf-8>"
        "<meta name=viewport content='width=device-width,initial-scale=1'>"
        f"<title>Conformance of {escape(name)}</title><style>{STYLE}</style>"
        f"<h1>{escape(name)} {outcome}</h1><p class=lead>{len(checks)} checks: {told}.</p>"
        "<div class=scroll tabindex=0 role=region aria-label=Checks><table>"
        "<thead><tr><th scope=col>Check</th><th scope=col>Outcome</th><th scope=col>Seen</th></tr>"
        f"</thead><tbody>{rows}</tbody></table></div></html>\n"
    )
