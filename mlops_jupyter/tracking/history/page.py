"""``mlops show --html``: one run as one page that stands alone."""

from __future__ import annotations

import functools
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, BinaryIO

from mlops_jupyter import own_files
from mlops_jupyter.tracking.history import foreign, page_view
from mlops_jupyter.tracking.history.page_view import Extras, Image, JournalCell

if TYPE_CHECKING:
    from mlops_jupyter.tracking.history.run_files import Files
    from mlops_jupyter.tracking.run_record import Run
    from mlops_jupyter.workspace import Workspace

# What a page may grow by: one that is to be sent by mail stays small.
_MAX_IMAGE, _MAX_IMAGES, _IMAGES_BUDGET = 600_000, 24, 4_000_000
_MAX_JOURNAL, _MAX_CELLS, _MAX_OUTPUT = 10_000_000, 300, 2_000
_KINDS = {
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".gif": "image/gif",
    ".webp": "image/webp",
    ".svg": "image/svg+xml",
}


def write(
    workspace: Workspace, run: Run, files: Files, target: Path | str, *, around: Files
) -> str:
    """Write a page and return its path as given.

    `files` are the run's own; the journal is in those `around`: of a fit among many, its cell's.

    What the page shows leaves this machine with it: outputs are in it only where ``[privacy]``
    lets them go anywhere.

    Raises
    ------
    Conflict
        Something is there that is no such page.
    BadInput
        It cannot be written there.
    """
    path = Path(target).expanduser()
    own_files.refuse_others(path, _is_page, "is no page that `mlops show --html` wrote")
    extras = _extras(workspace, run, files, around)
    if not workspace.settings.privacy.allows("source", remote=True):
        run = run.model_copy(update={"code": run.code.model_copy(update={"cell": None})})
    content = page_view.page(run, extras)
    own_files.write(path, content.encode("utf-8", "replace"))
    return str(target)


def _is_page(file: BinaryIO) -> bool:
    return page_view.MARK.encode() in file.read(page_view.MARK_WITHIN)


def _extras(workspace: Workspace, run: Run, files: Files, around: Files) -> Extras:
    left_out: list[str] = []
    images = _images(files, left_out)
    allows = functools.partial(workspace.settings.privacy.allows, remote=True)
    outputs = allows("outputs")
    cells = _journal(run, around, left_out, outputs=outputs) if allows("source") else []
    if cells and not outputs:
        left_out.append("outputs of cells: [privacy] in mlops.toml keeps them here")
    if not allows("source") and (run.code.cell or run.code.journal):
        left_out.append("source of cells: [privacy] in mlops.toml keeps it here")
    return Extras(images, cells, left_out)


def _images(files: Files, left_out: list[str]) -> list[Image]:
    """Return the pictures among the artifacts, within the budget."""
    found: list[Image] = []
    spent, passed_over = 0, 0
    for artifact in files.artifacts:
        kind = _KINDS.get(PurePosixPath(artifact.path.lower()).suffix)
        if kind is None:
            continue
        room = min(_MAX_IMAGE, _IMAGES_BUDGET - spent)
        content = files.read(artifact, room) if len(found) < _MAX_IMAGES else None
        if content is None:
            passed_over += 1
            continue
        spent += len(content)
        found.append(Image(artifact.path, kind, content))
    if passed_over:
        left_out.append(f"pictures: {passed_over} that are too large, too many or not to be had")
    return found


def _journal(run: Run, files: Files, left_out: list[str], *, outputs: bool) -> list[JournalCell]:
    """Return the cells that were really executed."""
    if run.code.journal is None:
        return []
    notebook = files.packed(
        run.code.journal,
        _MAX_JOURNAL,
        beside=lambda name: outputs or not name.startswith("outputs/"),
    )
    if notebook is None:
        left_out.append("the journal: it is too large, or cannot be read")
        return []
    cells = notebook["cells"]
    if len(cells) > _MAX_CELLS:
        left_out.append(f"cells: {len(cells) - _MAX_CELLS} before the last {_MAX_CELLS}")
    return [_cell(cell, outputs=outputs) for cell in cells[-_MAX_CELLS:]]


def _cell(cell: Any, *, outputs: bool) -> JournalCell:
    labels = foreign.part(cell, "metadata", "tags")
    shown = foreign.part(cell, "outputs")
    words = [_output(each) for each in shown] if outputs and isinstance(shown, list) else []
    return JournalCell(
        source=_joined(foreign.part(cell, "source")),
        code=foreign.part(cell, "cell_type") == "code",
        raised=isinstance(labels, list) and "raises-exception" in labels,
        output="\n".join(filter(None, words))[:_MAX_OUTPUT],
    )


def _output(output: Any) -> str:
    """Return an output's words; pictures of cells are not in the page."""
    if (said := foreign.part(output, "text")) is not None:
        return _joined(said)
    if (error := foreign.part(output, "ename")) is not None:
        return f"{foreign.text(error)}: {foreign.text(foreign.part(output, 'evalue'))}"
    return _joined(foreign.part(output, "data", "text/plain"))


def _joined(value: Any) -> str:
    """Return text that a notebook's file keeps as one string or as a list of lines."""
    if isinstance(value, list):
        return "".join(filter(None, (foreign.text(line) for line in value)))
    return foreign.text(value) or ""
