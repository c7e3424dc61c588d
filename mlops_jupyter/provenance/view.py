"""How lineage looks: a tree as text; as HTML a picture, and the tree as nested lists."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlops_jupyter.provenance import picture
from mlops_jupyter.provenance.marks import NEWER
from mlops_jupyter.provenance.outline import Branch, earlier, outline
from mlops_jupyter.render import html, text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlops_jupyter.provenance.records import Lineage, LineageNode
    from mlops_jupyter.render.html import Markup

_TITLES = {"up": "made from", "down": "led to"}
_EARLIER = "what this path held before was"
_FILE_NOW = {"changed": "the file has changed since", "missing": "the file is gone"}
_TONES = {"FINISHED": "good", "FAILED": "bad", "KILLED": "warn", "RUNNING": "brand"}
_FEW_FILES = 4


def lineage_text(lineage: Lineage) -> str:
    """Return a tree for the terminal."""
    root = _root(lineage)
    lines = [_line(root, whole=True)]
    parts = _parts(lineage)
    for place, (title, branches, nothing) in enumerate(parts):
        last = place == len(parts) - 1
        lines.append(("└─ " if last else "├─ ") + (title if branches else nothing))
        lines += _tree(branches, "   " if last else "│  ")
    lines += [f"! not here: {text.clean(reason)}" for reason in lineage.missing]
    if lineage.sent:
        lines.append(text.clean(lineage.sent))
    return "\n".join(lines)


def lineage_html(lineage: Lineage) -> str:
    """Return a picture, and the same as lists."""
    root = _root(lineage)
    body: list[object] = []
    if len(lineage.nodes) > 1:
        body.append(picture.draw(lineage))
    if facts := _facts(root):
        body.append(html.element("div", facts, style=f"color:{html.MUTED}"))
    for title, branches, nothing in _parts(lineage):
        heading = html.element("div", html.element("strong", title if branches else nothing))
        body += [heading, _list(branches)] if branches else [html.element("div", nothing)]
    body += [
        html.element("div", f"not here: {reason}", style=f"color:{html.WARN}")
        for reason in lineage.missing
    ]
    if lineage.sent:
        body.append(html.element("div", lineage.sent))
    title = html.join("lineage of ", _name(root), *_badges(root, whole=True))
    return str(html.card(title, *body, note=text.plural(len(lineage.nodes) - 1, "relative")))


def _parts(lineage: Lineage) -> list[tuple[str, list[Branch], str]]:
    found = []
    root = _root(lineage)
    if lineage.up:
        branches = [Branch(remark=each) for each in _surroundings(root)] + outline(lineage, "up")
        found.append((_TITLES["up"], branches, "made from: nothing that is known"))
    if lineage.down:
        found.append((_TITLES["down"], outline(lineage, "down"), "led to: nothing that is known"))
    if lineage.earlier:
        found.append((_EARLIER, _without_saying_so(earlier(lineage), root), ""))
    return found


def _without_saying_so(branches: list[Branch], file: LineageNode) -> list[Branch]:
    """Leave out that a file has changed, where the line above says that of all."""
    said = f"{file.path} has changed since"
    for branch in branches:
        if branch.node is not None:
            others = [reason for reason in branch.node.stale if reason != said]
            branch.node = branch.node.model_copy(update={"stale": others})
    return branches


def _tree(branches: Sequence[Branch], indent: str) -> list[str]:
    lines = []
    for place, branch in enumerate(branches):
        last = place == len(branches) - 1
        remark = f"({branch.remark})" if branch.node and branch.remark else branch.remark
        said = [branch.words, _line(branch.node) if branch.node else "", remark]
        lines.append(f"{indent}{'└─ ' if last else '├─ '}{' '.join(filter(None, said))}")
        lines += _tree(_with_surroundings(branch), indent + ("   " if last else "│  "))
    return lines


def _with_surroundings(branch: Branch) -> list[Branch]:
    """Return what stands below, with the code and environment of a run that was made from it."""
    node = branch.node
    if node is None or node.kind != "run" or branch.words not in ("written by", "registered from"):
        return branch.below
    if branch.remark == "see above":
        return branch.below
    return [Branch(remark=each) for each in _surroundings(node)] + branch.below


def _list(branches: Sequence[Branch]) -> Markup:
    return html.element(
        "ul",
        *(
            html.element(
                "li",
                html.element("span", branch.words, " ", style=f"color:{html.MUTED}")
                if branch.words
                else "",
                _item(branch.node) if branch.node else "",
                html.element("span", " ", branch.remark, style=f"color:{html.MUTED}")
                if branch.remark
                else "",
                _list(below) if (below := _with_surroundings(branch)) else "",
            )
            for branch in branches
        ),
        style="margin:2px 0;padding-left:20px",
    )


def _item(node: LineageNode) -> Markup:
    facts = _facts(node)
    return html.join(
        _name(node),
        *_badges(node),
        html.element("span", " ", facts, style=f"color:{html.MUTED}") if facts else "",
    )


def _name(node: LineageNode) -> Markup:
    if node.kind == "run":
        short = html.element("code", _short_ref(node), title=node.ref)
        return html.join("run ", html.element("strong", node.title), " ", short)
    if node.kind == "notebook":
        return html.join(f"{_notebook_word(node)} ", html.element("code", node.path or node.title))
    return html.element("code", node.title, title=node.hash or node.ref)


def _badges(node: LineageNode, *, whole: bool = False) -> list[Markup]:
    found: list[Markup] = []
    if node.status:
        found += [html.join(" ", html.badge(node.status, _TONES.get(node.status, "muted")))]
    if node.state != "there":
        found += [html.join(" ", html.badge(node.state, "bad"))]
    found += [html.join(" ", html.badge(f"@{alias}", "brand")) for alias in node.aliases]
    found += [html.join(" ", html.badge(reason, "warn")) for reason in _warnings(node, whole=whole)]
    return found


def _line(node: LineageNode, *, whole: bool = False) -> str:
    """Return a node in one line of text."""
    if node.kind == "run":
        words = [f"run {node.title}", node.status or "", _facts(node), _short_ref(node)]
    elif node.kind == "notebook":
        words = [f"{_notebook_word(node)} {node.path or node.title}"]
    else:
        words = [node.title, *(f"@{alias}" for alias in node.aliases), _facts(node)]
    words += [f"[{node.state}]"] if node.state != "there" else []
    words += [f"! {reason}" for reason in _warnings(node, whole=whole)]
    return text.clean("  ".join(filter(None, words)))


def _facts(node: LineageNode) -> str:
    if node.kind == "run":
        when = text.when(node.created) if node.created else ""
        return ", ".join(filter(None, [when, node.experiment, node.model]))
    if node.kind == "model":
        return f"registered {text.when(node.created)}" if node.created else ""
    shown = [node.path or ""] if node.path != node.title else []
    shown += [f"also {', '.join(each)}"] if (each := _other_names(node)) else []
    shown += [f"copy {node.copy_ref}"] if node.copy_ref and not node.versions else []
    shown += [text.plural(node.rows, "row")] if node.rows is not None else []
    shown += [text.size(node.size)] if node.size is not None and node.rows is None else []
    shown += [node.hash[:8]] if node.hash and node.kind == "file" else []
    return ", ".join(filter(None, shown))


def _other_names(node: LineageNode) -> list[str]:
    return [ref for ref in node.versions if ref != node.title][:_FEW_FILES]


def _warnings(node: LineageNode, *, whole: bool) -> list[str]:
    """Return what is not up to date; of what is no root which data it is stands where that is."""
    found = list(node.stale)
    if node.kind in ("run", "file") and not whole:
        found = list(dict.fromkeys("stale" if NEWER in each else each for each in found))
    # That there is a newer version says enough of why the file holds something else.
    superseded = node.newest is not None and node.file_now == "changed"
    if node.file_now in _FILE_NOW and node.state == "there" and not superseded:
        found.append(_FILE_NOW[node.file_now])
    return found


def _surroundings(node: LineageNode) -> list[str]:
    """Return a run's code and environment, a line each."""
    found = []
    code = node.code
    if code and (code.commit or code.changed or code.modules):
        words = [f"code {code.commit[:8]}" if code.commit else "code without a commit"]
        words += [f"on {code.branch}"] if code.branch else []
        said = " ".join(words)
        for label, files in (("changed", code.changed), ("modules", code.modules)):
            if files:
                more = f" and {len(files) - _FEW_FILES} more" if len(files) > _FEW_FILES else ""
                said += f"; {label}: {', '.join(files[:_FEW_FILES])}{more}"
        found.append(said)
    if node.environment:
        found.append(f"environment {node.environment}")
    return [text.clean(each) for each in found]


def _short_ref(node: LineageNode) -> str:
    return f"run:{node.ref.removeprefix('run:')[:8]}"


def _notebook_word(node: LineageNode) -> str:
    return "script" if (node.path or "").endswith(".py") else "notebook"


def _root(lineage: Lineage) -> LineageNode:
    return next(node for node in lineage.nodes if node.id == lineage.root)
