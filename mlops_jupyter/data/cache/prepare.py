"""Make a folder ready for data versions: git and DVC, where they are missing."""

from __future__ import annotations

from pathlib import Path

from mlops_jupyter import git
from mlops_jupyter.errors import BadInput


def prepare(root: Path) -> list[str]:
    """Set up git and DVC in a workspace folder, where they are missing.

    An existing repository around the folder is used; nothing is written above the folder, and
    nothing is staged.

    Parameters
    ----------
    root : Path
        The workspace folder.

    Returns
    -------
    list of str
        What was done, in sentences; empty when all was there.

    Raises
    ------
    BadInput
        A git repository would have to be made in the home folder itself.
    ToolFailed
        git is missing, or refused.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     prepare(Path(folder))
    ['Made a git repository.', 'Set up DVC in .dvc/.']
    """
    done = []
    if not _has_repository(root):
        if root.resolve() == Path.home().resolve():
            raise BadInput(
                f"{root} is your home folder: a git repository here would take in everything",
                "make a folder for the project, and run `mlops init` in it",
            )
        git.run(root, "init", "--quiet")
        done.append("Made a git repository.")
    if dvc_root(root) is None:
        from mlops_jupyter.data.cache import dvc_store

        dvc_store.set_up(root)
        done.append("Set up DVC in .dvc/.")
    return done


def dvc_root(root: Path) -> Path | None:
    """Return the nearest folder with DVC, from a folder up to the top of its git repository.

    A team's DVC at the top of the repository is used, not shadowed: a second one below it would
    hide what it tracks here.

    Examples
    --------
    >>> dvc_root(Path("/")) is None
    True
    """
    root = root.resolve()
    top = git.top_level(root)
    if top is None:
        return None
    for folder in (root, *root.parents):
        if (folder / ".dvc").is_dir():
            return folder
        if folder == top:
            break
    return None


def _has_repository(root: Path) -> bool:
    """Return whether the folder is in a git repository that does not ignore it."""
    top = git.top_level(root)
    if top is None or top == root.resolve():
        return top is not None
    # DVC refuses to work in a folder that git ignores: such a folder is no part of the repository.
    return not git.succeeds(root, "check-ignore", "--quiet", str(root.resolve()))
