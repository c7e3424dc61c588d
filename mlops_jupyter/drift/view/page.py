"""A drift report as a page that stands alone, as it is kept with a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlops_jupyter.drift.view.card import report_html
from mlops_jupyter.render import html, text
from mlops_jupyter.render.html import Markup

if TYPE_CHECKING:
    from datetime import datetime

    from mlops_jupyter.drift.report import DriftReport

_POLICY = (
    "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; "
    "form-action 'none'"
)
_STYLE = (
    ":root{color-scheme:light dark}body{margin:0 auto;padding:1.5rem;max-width:70rem;"
    "font:15px/1.5 system-ui,sans-serif}"
)


def report_page(report: DriftReport, kept: datetime) -> str:
    """Return the card of a report in a page that loads nothing."""
    sides = (
        text.shorten(text.clean(each.label), 60) for each in (report.reference, report.current)
    )
    head = html.element(
        "head",
        html.element("meta", charset="utf-8"),
        html.element("meta", http_equiv="Content-Security-Policy", content=_POLICY),
        html.element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        html.element("title", f"{report.verdict}: {' → '.join(sides)}"),
        html.element("style", Markup(_STYLE)),
    )
    moment = f"kept {kept:%Y-%m-%d %H:%M:%S} UTC"
    body = html.element(
        "body", html.element("main", Markup(report_html(report))), html.element("footer", moment)
    )
    whole = html.element("html", head, "\n", body, lang="en")
    return str(html.join(Markup("<!DOCTYPE html>\n"), whole, "\n"))
