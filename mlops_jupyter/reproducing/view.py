"""A reproduction, as text and as a card."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlops_jupyter.render import html, text
from mlops_jupyter.render.table import Column, Table

if TYPE_CHECKING:
    from mlops_jupyter.reproducing.records import Difference, Reproduction

_TONES = {"identical": "good", "within chance": "good", "different": "bad", "cannot": "warn"}
_LEADS = {
    "identical": "the same to the last bit",
    "within chance": "not the same, but no further off than chance",
    "different": "came out otherwise",
    "cannot": "cannot be reproduced",
}
_SHOWN = 40
_DIGEST = 12


def text_of(done: Reproduction) -> str:
    """Return a reproduction for the terminal."""
    lines = [f"{text.clean(done.name)}: {done.verdict}  {_LEADS[done.verdict]}"]
    lines += [f"  {text.clean(reason)}" for reason in done.reasons]
    lines += [f"  {name:<14}{text.clean(value)}" for name, value in _facts(done)]
    for title, table in _sections(done):
        if table.rows:
            lines += ["", title, *("  " + line for line in table.to_text().splitlines())]
    if done.notes:
        lines += ["", *(f"note: {text.clean(note)}" for note in done.notes)]
    return "\n".join(lines)


def html_of(done: Reproduction) -> str:
    """Return a reproduction for the notebook."""
    title = html.join(done.name, " ", html.badge(done.verdict, _TONES[done.verdict]))
    facts = Table([Column("fact"), Column("value")], _facts(done)).to_html()
    sections = [
        html.element("details", html.element("summary", title), table.to_html(), open="open")
        for title, table in _sections(done)
        if table.rows
    ]
    return str(
        html.card(
            title,
            html.notes(done.reasons),
            facts,
            *sections,
            html.notes(done.notes),
            note=_LEADS[done.verdict],
        )
    )


def _facts(done: Reproduction) -> list[tuple[str, str]]:
    executed = {"notebook": "its notebook", "journal": "the cells that ran, in true order"}
    made = ", ".join(f"run:{run_id[:8]}" for run_id in done.reproductions[:5])
    more = len(done.reproductions) - 5
    facts = [
        ("run", f"run:{done.run_id[:8]} in {done.experiment}"),
        ("executed", executed.get(done.way or "", "") if done.reproductions else ""),
        ("made", f"{made} and {more} more" if more > 0 else made),
        ("rule", done.rule),
        ("environment", _environment(done)),
        ("folder", done.folder or ""),
        ("took", text.duration(done.duration_s)),
    ]
    return [(name, value) for name, value in facts if value]


def _environment(done: Reproduction) -> str:
    if done.environment == "built":
        return "the recorded one, built again"
    packages = sum(each.what == "package" for each in done.differences)
    if done.verdict == "cannot" and not done.reproductions:
        return ""
    return f"the present one; {text.plural(packages, 'package')} of another version"


def _sections(done: Reproduction) -> list[tuple[str, Table]]:
    metrics = Table(
        [Column("metric"), Column("recorded", "right"), Column("now", "right"), Column("")],
        [
            [each.name, _exact(each.recorded), _several(each.reproduced), each.note or _how(each)]
            for each in done.metrics[:_SHOWN]
        ],
    )
    files = Table(
        [Column("file written"), Column("")],
        [[each.path, each.agreement] for each in done.files[:_SHOWN]],
    )
    return [
        ("metrics", metrics),
        ("files", files),
        ("what was not as it had been", _differences(done.differences)),
    ]


def _differences(found: list[Difference]) -> Table:
    rows = [
        [each.what, each.name, _short(each, each.recorded), _short(each, each.now)]
        for each in found[:_SHOWN]
    ]
    if len(found) > _SHOWN:
        rows.append(["", f"and {len(found) - _SHOWN} more", "", ""])
    return Table([Column("what"), Column("name"), Column("recorded"), Column("now")], rows)


def _short(difference: Difference, value: str | None) -> str:
    if value is None:
        return "–"
    return value[:_DIGEST] if difference.what in ("data", "code") else value


def _how(metric: object) -> str:
    low, high = getattr(metric, "low", None), getattr(metric, "high", None)
    agreement = str(getattr(metric, "agreement", ""))
    if low is None or high is None:
        return agreement
    return f"{agreement}  {text.number(low, 6)} … {text.number(high, 6)}"


def _exact(value: float | None) -> str:
    return "–" if value is None else repr(value)


def _several(values: list[float | None]) -> str:
    distinct = list(dict.fromkeys(_exact(value) for value in values))
    if len(distinct) <= 2:
        return ", ".join(distinct)
    return f"{distinct[0]} and {len(distinct) - 1} others"
