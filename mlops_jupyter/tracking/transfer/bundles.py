"""A run as one file: a zip with its description and its files.

What is read may come from anybody: every path has to stay inside, every size and hash has to be
what the description says, and nothing is loaded that could run code.
"""

from __future__ import annotations

import contextlib
import hashlib
import shutil
import zipfile
from pathlib import Path
from typing import IO, TYPE_CHECKING

from pydantic import ValidationError

from mlops_jupyter.errors import BadInput, Conflict
from mlops_jupyter.tracking.transfer.description import FileEntry, RunDescription
from mlops_jupyter.tracking.transfer.reading import Described

if TYPE_CHECKING:
    from collections.abc import Iterator

DESCRIPTION = "run.json"
_MAX_DESCRIPTION = 256_000_000
_BLOCK = 1 << 20
# Deflate makes at most 1,032 bytes of one: more means that members overlap.
_MAX_RATIO = 1040


def write(run: Described, target: Path) -> None:
    """Write a run's bundle.

    Raises
    ------
    Conflict
        A file changed meanwhile; the bundle is not whole.
    """
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as bundle:
        bundle.writestr(_member(DESCRIPTION), run.description.model_dump_json())
        for entry in run.description.files:
            with (
                run.places[entry.path].open("rb") as source,
                bundle.open(_member(entry.path), "w", force_zip64=True) as member,
            ):
                if _copied(source, member, entry.size + 1) != (entry.size, entry.sha256):
                    raise Conflict(
                        f"{entry.path} of run {run.description.name} changed while it was read",
                        "do it again once nothing writes to it",
                    )


@contextlib.contextmanager
def opened(source: IO[bytes], name: str) -> Iterator[Bundle]:
    """Open a bundle.

    Raises
    ------
    BadInput
        It is none, is damaged, or was written by a later version.
    """
    try:
        with zipfile.ZipFile(source) as archive:
            yield Bundle(archive, name, _size(source))
    except (zipfile.BadZipFile, zipfile.LargeZipFile, EOFError, NotImplementedError) as error:
        raise BadInput(f"{name} is no bundle of a run, or is damaged: {error}") from None


class Bundle:
    """A run's bundle, open; see `opened`."""

    def __init__(self, archive: zipfile.ZipFile, name: str, size: int) -> None:
        self._archive = archive
        self._name = name
        self._size = size
        self.description = self._description()

    def unpack(self, folder: Path) -> Described:
        """Put the run's files into an empty folder, each checked.

        Raises
        ------
        BadInput
            A file is missing, or is not what the description says.
        """
        self._check_sizes(folder)
        places = {entry.path: self._extract(entry, folder) for entry in self.description.files}
        return Described(self.description, places)

    def _description(self) -> RunDescription:
        with self._archive.open(self._info(DESCRIPTION)) as member:
            text = member.read(_MAX_DESCRIPTION + 1)
        if len(text) > _MAX_DESCRIPTION:
            raise BadInput(f"{self._name}: the description is too long")
        try:
            description = RunDescription.model_validate_json(text)
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(map(str, first["loc"]))
            raise BadInput(
                f"{self._name} holds no run that this version reads: {where}: {first['msg']}",
                "if a later mlops-jupyter wrote it, upgrade",
            ) from None
        models = {model.uid for model in description.models}
        for entry in description.files:
            first_part, second = [*entry.path.split("/"), ""][:2]
            if first_part != "artifacts" and (first_part != "models" or second not in models):
                raise BadInput(f"{self._name}: {entry.path} belongs to nothing in the run")
        return description

    def _check_sizes(self, folder: Path) -> None:
        total = sum(entry.size for entry in self.description.files)
        if total > self._size * _MAX_RATIO:
            raise BadInput(f"{self._name} says it holds more than it can: it was tampered with")
        if total > shutil.disk_usage(folder).free:
            raise BadInput(f"{self._name} holds {total} bytes: more than there is room for")
        names = [entry.path for entry in self.description.files]
        if len(set(names)) != len(names):
            raise BadInput(f"{self._name} names a file twice")

    def _extract(self, entry: FileEntry, folder: Path) -> Path:
        place = folder / entry.path
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
            with self._archive.open(self._info(entry.path)) as member, place.open("xb") as target:
                found = _copied(member, target, entry.size + 1)
        except OSError as error:
            raise BadInput(f"{self._name}: {entry.path}: {error.strerror}") from None
        if found != (entry.size, entry.sha256):
            raise BadInput(f"{self._name}: {entry.path} is not what the description says")
        return place

    def _info(self, path: str) -> zipfile.ZipInfo:
        try:
            info = self._archive.getinfo(path)
        except KeyError:
            raise BadInput(f"{self._name} holds no {path}") from None
        if info.flag_bits & 0x1:
            raise BadInput(f"{self._name}: {path} is encrypted")
        return info


def _copied(source: IO[bytes], target: IO[bytes], limit: int) -> tuple[int, str]:
    """Copy up to a number of bytes; return how many there were, and their hash."""
    hasher, size = hashlib.sha256(), 0
    while size < limit and (block := source.read(min(_BLOCK, limit - size))):
        hasher.update(block)
        target.write(block)
        size += len(block)
    return size, hasher.hexdigest()


def _member(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)  # no time of writing: the same run gives the same bundle
    info.compress_type = zipfile.ZIP_DEFLATED
    info.external_attr = 0o644 << 16
    return info


def _size(source: IO[bytes]) -> int:
    before = source.tell()
    size = source.seek(0, 2)
    source.seek(before)
    return size
