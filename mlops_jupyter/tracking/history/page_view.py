"""The page of a run: HTML that needs nothing but itself, read on screen, in the dark, on paper."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from mlops_jupyter._version import __version__
from mlops_jupyter.render import html, text
from mlops_jupyter.render.html import Markup
from mlops_jupyter.tracking import run_view

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlops_jupyter.tracking.run_record import Run

# How a page is known as ours before it is written over.
MARK = '<meta name="generator" content="mlops-jupyter: page of a run">'
MARK_WITHIN = 600
# Nothing is loaded and no script runs, whatever a name in a store says.
_POLICY = (
    "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; "
    "form-action 'none'"
)
_MAX_ROWS = 1000
_WIDE = {"metrics", "parameters", "resources", "environment", "tags"}
_STYLE = """
:root { color-scheme: light dark; --ink: #1f2328; --soft: #59636e; --paper: #fff; --raised: #f6f8fa;
  --edge: #d1d9e0; --brand: #1976d2; --good: #1a7f37; --bad: #c9302c; --warn: #9a6700;
  --jp-ui-font-color2: var(--soft); --jp-brand-color1: var(--brand);
  --jp-success-color1: var(--good); --jp-error-color1: var(--bad); --jp-warn-color0: var(--warn); }
@media (prefers-color-scheme: dark) { :root { --ink: #e6edf3; --soft: #9198a1; --paper: #0d1117;
  --raised: #151b23; --edge: #3d444d; --brand: #4493f8; --good: #3fb950; --bad: #f85149;
  --warn: #d29922; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 2rem 1.5rem 3rem; max-width: 70rem; color: var(--ink);
  background: var(--paper); font: 15px/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
h1 { margin: 0 0 .25rem; font-size: 1.5rem; line-height: 1.3; }
h1 span { display: inline-block; font-size: .55em !important; vertical-align: middle; }
h2 { margin: 2rem 0 .5rem; padding-bottom: .25rem; font-size: 1.05rem;
  border-bottom: 1px solid var(--edge); }
.under { margin: 0 0 1rem; color: var(--soft); }
.note { max-width: 60rem; white-space: pre-wrap; }
.columns { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(22rem, 100%), 1fr));
  gap: 0 2rem; align-items: start; }
.columns section { min-width: 0; }
table { max-width: 100%; font-variant-numeric: tabular-nums; }
td, th { overflow-wrap: anywhere; vertical-align: top; }
th { font-weight: 600; }
td:first-child { overflow-wrap: break-word; }
pre { margin: .25rem 0; padding: .6rem .8rem; overflow-x: auto; font: 13px/1.45 ui-monospace,
  monospace; background: var(--raised); border: 1px solid var(--edge); border-radius: 6px; }
pre.packages { columns: 14rem; }
pre.output { background: none; border-style: dashed; }
code { font: .92em ui-monospace, monospace; }
summary { cursor: pointer; color: var(--soft); }
figure { margin: 0 0 1rem; } figcaption { color: var(--soft); font-size: 13px; }
figure img { max-width: 100%; max-height: 32rem; }
figure img.drawn { background: #fff; border-radius: 4px; }
.pictures { display: flex; flex-wrap: wrap; gap: 1rem 1.5rem; align-items: flex-start; }
.raised { border-left: 3px solid var(--bad); padding-left: .6rem; }
footer { margin-top: 3rem; color: var(--soft); font-size: 13px; }
@media print { body { padding: 0; max-width: none; font-size: 11px; }
  details::details-content { content-visibility: visible; block-size: auto; }
  pre { white-space: pre-wrap; } figure, tr { break-inside: avoid; } h2 { break-after: avoid; } }
"""


@dataclass(frozen=True)
class Image:
    """A picture among the artifacts."""

    path: str
    kind: str
    content: bytes


@dataclass(frozen=True)
class JournalCell:
    """A cell that was executed before or in the run."""

    source: str
    code: bool = True
    raised: bool = False
    output: str = ""


@dataclass(frozen=True)
class Extras:
    """What a page has beyond the Result; `left_out` says what is not in it, and why."""

    images: Sequence[Image] = ()
    cells: Sequence[JournalCell] = ()
    left_out: Sequence[str] = field(default_factory=list)


def page(run: Run, extras: Extras) -> str:
    """Return the whole page."""
    s = run.summary
    head = html.element(
        "head",
        html.element("meta", charset="utf-8"),
        Markup(MARK),
        html.element("meta", http_equiv="Content-Security-Policy", content=_POLICY),
        html.element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        html.element("meta", name="referrer", content="no-referrer"),
        html.element("title", f"{text.shorten(s.name, 80)} · {text.shorten(s.experiment, 40)}"),
        html.element("style", Markup(_STYLE + _code_styles())),
    )
    body = html.element("body", html.element("main", *_content(run, extras)), _footer(run))
    return str(
        html.join(
            Markup("<!DOCTYPE html>\n"), html.element("html", head, "\n", body, lang="en"), "\n"
        )
    )


def _content(run: Run, extras: Extras) -> list[Markup]:
    s = run.summary
    found = [
        html.element("h1", s.name, " ", *run_view.badges(run)),
        html.element("p", s.experiment, class_="under"),
        run_view.fact_list(_for_others(run), when=_moment),
    ]
    if run.note:
        found.append(html.element("p", run.note, class_="note"))
    found += run_view.warnings([*run.missing, *extras.left_out])
    if run.error:
        found.append(_section("Error", html.element("pre", run.error)))
    if run.charts:
        found.append(_section("Charts", run_view.pictures(run.charts)))
    sections = run_view.sections(run, limit=_MAX_ROWS, when=_moment)
    narrow = [each for each in sections if each.title in _WIDE]
    found.append(html.element("div", *map(_table, narrow), class_="columns"))
    found += [_table(each) for each in sections if each.title not in _WIDE]
    if extras.images:
        shown = html.element("div", *map(_figure, extras.images), class_="pictures")
        found.append(_section("Pictures", shown))
    if run.code.cell:
        found.append(_section("Cell", _code(run.code.cell)))
    if extras.cells:
        cells = html.join(*map(_cell, extras.cells))
        title = f"{text.plural(len(extras.cells), 'cell')} up to this run, in the order executed"
        found.append(_section("Journal", _folded(title, cells)))
    if run.packages:
        lines = "\n".join(f"{name}=={version}" for name, version in run.packages.items())
        listed = html.element("pre", lines, class_="packages")
        title = text.plural(len(run.packages), "distribution")
        found.append(_section("Packages", _folded(title, listed)))
    return found


def _for_others(run: Run) -> Run:
    """Return the run without the path of a store on this machine, which says nothing elsewhere."""
    here = run.store.startswith(("sqlite:", "file:", "/"))
    return run.model_copy(update={"store": ""}) if here else run


def _section(title: str, *body: object) -> Markup:
    return html.element("section", html.element("h2", title), *body)


def _table(section: run_view.Section) -> Markup:
    title = section.title[:1].upper() + section.title[1:]
    if len(section.table.rows) > 25:
        rows = text.plural(len(section.table.rows), "row")
        return _section(title, _folded(rows, section.table.to_html()))
    return _section(title, section.table.to_html())


def _folded(title: str, body: Markup) -> Markup:
    return html.element("details", html.element("summary", title), body)


def _figure(image: Image) -> Markup:
    encoded = base64.b64encode(image.content).decode("ascii")
    picture = html.element(
        "img", src=f"data:{image.kind};base64,{encoded}", alt=image.path, class_="drawn"
    )
    return html.element("figure", picture, html.element("figcaption", image.path))


def _cell(cell: JournalCell) -> Markup:
    source = _code(cell.source) if cell.code else html.element("pre", cell.source)
    output = html.element("pre", cell.output, class_="output") if cell.output else ""
    return html.element("div", source, output, class_="raised" if cell.raised else None)


def _code(source: str) -> Markup:
    """Return Python with its words in colours."""
    from pygments import highlight
    from pygments.formatters import HtmlFormatter
    from pygments.lexers import get_lexer_by_name

    lexer = get_lexer_by_name("ipython3", stripnl=False)
    shown = highlight(source, lexer, HtmlFormatter(nowrap=True))
    return html.element("pre", Markup(shown), class_="code")


def _code_styles() -> str:
    from pygments.formatters import HtmlFormatter

    light = HtmlFormatter(style="default").get_style_defs(".code")
    dark = HtmlFormatter(style="github-dark").get_style_defs(".code")
    kept = "pre.code { background: var(--raised); }"
    return f"{light}\n@media screen and (prefers-color-scheme: dark) {{ {dark} }}\n{kept}"


def _footer(run: Run) -> Markup:
    now = _moment(datetime.now(UTC))
    return html.element(
        "footer", f"run:{run.summary.run_id} · written {now} by mlops-jupyter {__version__}"
    )


def _moment(moment: datetime) -> str:
    """Return a moment that means the same to whoever reads it, wherever and whenever."""
    return moment.astimezone().strftime("%Y-%m-%d %H:%M:%S %z")
