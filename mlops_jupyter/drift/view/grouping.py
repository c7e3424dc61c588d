"""Findings by kind, so that a hundred of one kind are one line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mlops_jupyter.drift.view.performance import FINDINGS as ABOUT_MODEL
from mlops_jupyter.render.text import clean, plural, shorten

if TYPE_CHECKING:
    from mlops_jupyter.drift.report import DriftReport, Finding

_ALONE = 3  # findings of a kind that are each said in a line
_LISTED = 40  # of more, these are
_MESSAGE = 240
_NAME = 30
_NAMES = 3


@dataclass(frozen=True)
class Group:
    """Findings of one kind.

    Attributes
    ----------
    kind : str
        In words.
    title : str
        What stands for all of them; empty where each stands for itself.
    lines : list of str
        The findings, long ones cut.
    more : int
        How many are not among `lines`.
    """

    kind: str
    title: str
    lines: list[str]
    more: int


def groups(report: DriftReport) -> list[Group]:
    """Return the report's findings by kind; what is said with the model's error is not here."""
    kinds: dict[str, list[Finding]] = {}
    for finding in report.findings:
        if not _elsewhere(report, finding):
            kinds.setdefault(finding.kind, []).append(finding)
    return [_group(kind, findings) for kind, findings in kinds.items()]


def _elsewhere(report: DriftReport, finding: Finding) -> bool:
    return report.performance is not None and finding.kind in ABOUT_MODEL


def _group(kind: str, findings: list[Finding]) -> Group:
    lines = [shorten(clean(finding.message), _MESSAGE) for finding in findings[:_LISTED]]
    return Group(
        kind=kind.replace("_", " "),
        title=_title(findings) if len(findings) > _ALONE else "",
        lines=lines,
        more=len(findings) - len(lines),
    )


def _title(findings: list[Finding]) -> str:
    names = [shorten(clean(each.column), _NAME) for each in findings if each.column is not None]
    if len(names) < len(findings):
        return f"{len(findings):,} times"
    return (
        f"{plural(len(names), 'column')}: {', '.join(names[:_NAMES])} "
        f"and {len(names) - _NAMES:,} more"
    )
