"""The report of a build in Markdown, as a job's summary and a pull request's comment show it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mlops_jupyter.render.text import clean, number, plural, shorten

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlops_jupyter.ci.records import BuildReport, DriftDelta, MetricDelta, NotebookDelta

_MOST = 40  # metrics of a notebook
_WIDEST = 80
_SPECIAL = re.compile(r"([\\`*_{}\[\]()#+!|~$:-])")
_SIGNS = {"better": "better", "worse": "**worse**", None: ""}


def markdown(report: BuildReport) -> str:
    """Return a report as Markdown; what comes from a store or a notebook is escaped.

    Parameters
    ----------
    report : BuildReport
        What a build has come to.
    """
    lines = [f"### mlops: {plain(report.commit[:8])} against {plain(_base(report))}", ""]
    for notebook in report.notebooks:
        lines += [*_notebook(notebook), ""]
    if report.drift:
        lines += [*_drift(report), ""]
    lines += [f"- {plain(note)}" for note in report.notes]
    return "\n".join(lines).rstrip() + "\n"


def plain(text: object) -> str:
    r"""Return text of others on one line, without meaning in Markdown or HTML.

    Examples
    --------
    >>> plain("<b> | c")
    '&lt;b&gt; \\| c'
    """
    escaped = _SPECIAL.sub(r"\\\1", shorten(clean(text), _WIDEST).replace("&", "&amp;"))
    # A space of no width: a backslash does not keep GitHub from telling whoever has that name.
    return escaped.replace("<", "&lt;").replace(">", "&gt;").replace("@", "@\u200b")


def _base(report: BuildReport) -> str:
    is_commit = re.fullmatch(r"[0-9a-f]{40}", report.base)
    return report.base[:8] if is_commit else report.base


def _notebook(notebook: NotebookDelta) -> Iterator[str]:
    done = "" if notebook.status == "FINISHED" else f": **{plain(notebook.status)}**"
    yield f"#### {plain(notebook.notebook)}{done}"
    yield ""
    if notebook.base_run_id is None:
        yield "The base has no finished run of it."
        yield ""
    if notebook.metrics:
        yield "| metric | base | here | delta | |"
        yield "| :-- | --: | --: | --: | :-- |"
        yield from map(_metric, notebook.metrics[:_MOST])
        yield ""
    if (more := len(notebook.metrics) - _MOST) > 0:
        yield f"… and {plural(more, 'metric')} more."
        yield ""
    for each in notebook.data:
        yield f"- data {plain(each.name)}: {plain(each.base or '–')} → {plain(each.here or '–')}"
    if notebook.base_run_id is not None and not notebook.data:
        yield "- the same data"
    yield f"- run {plain(notebook.run_id[:8])}" + (
        f", against run {plain(notebook.base_run_id[:8])} of {plain(str(notebook.base_commit)[:8])}"
        if notebook.base_run_id
        else ""
    )


def _metric(each: MetricDelta) -> str:
    delta = "" if each.delta is None else f"{'+' * (each.delta > 0)}{number(each.delta)}"
    cells = [plain(each.metric), number(each.base), number(each.here), delta, _SIGNS[each.verdict]]
    return f"| {' | '.join(cells)} |"


def _drift(report: BuildReport) -> Iterator[str]:
    yield "#### Drift"
    yield ""
    yield from map(_gate, report.drift)


def _gate(each: DriftDelta) -> str:
    verdict = {True: "**drifted**", False: "no drift", None: "**nothing compared**"}[each.drifted]
    shown = f" (picture: {plain(each.picture)} in the kept report)" if each.picture else ""
    return (
        f"- {plain(each.reference)} → {plain(each.current)}: {verdict}, "
        f"{each.columns} of {plural(each.of, 'column')}{shown}"
    )
