"""Who is alive: each process that writes runs holds a lock that ends with it.

A session is one process's dealing with one store. It holds an ``flock`` on a file of its own,
``.mlops/sessions/<session>.lock``, and its runs carry the session's id as a tag. The operating
system frees the lock with the process, whatever ended that one, and every container that has the
folder mounted sees it. Process ids and boot ids say less: containers share and reuse them.

Where a lock says nothing (a tracking server, a file system that is shared between machines), runs
carry a lease too: a time that a thread of this process moves on while it lives.
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import json
import os
import platform
import threading
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import uuid6

from mlops_jupyter.tracking import tags
from mlops_jupyter.tracking.store import leases
from mlops_jupyter.tracking.store.filesystems import locks_hold

try:
    import fcntl
except ImportError:  # Windows has no lock that is named only once it is held: leases alone
    fcntl = None  # type: ignore[assignment]

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlops_jupyter.workspace import Store, Workspace

_SUFFIX = ".lock"


@dataclass
class _Session:
    """The session of this process with one store."""

    uid: str
    file: Path | None
    descriptor: int | None
    lease: leases.Lease | None
    runs: set[str] = field(default_factory=set)


@dataclass(frozen=True)
class DeadSession:
    """A session whose lock is free; `last_sign` is when it last made a run, in milliseconds."""

    uid: str
    file: Path
    last_sign: int


# A process has one life. A forked child begins its own: see `_begin_anew`.
_sessions: dict[tuple[Path, str], _Session] = {}
_turn = threading.RLock()


def sign(workspace: Workspace, store: Store) -> dict[str, str]:
    """Return the tags by which a run that is about to be made is known to live.

    Never raises: where no lock can be held, the lease is all there is.
    """
    with _turn:
        session = _sessions.get(_key(workspace, store))
        if session is None:
            session = _sessions[_key(workspace, store)] = _open(workspace, store)
    signed = {tags.SESSION: session.uid}
    if session.descriptor is not None:
        with contextlib.suppress(OSError):
            os.utime(session.descriptor)
    if session.lease is not None:
        signed[tags.LEASE] = session.lease.tag()
    return signed


def opened(workspace: Workspace, store: Store, run_id: str) -> None:
    """Remember that a run of ours is open."""
    with _turn:
        session = _sessions.get(_key(workspace, store))
        if session is not None:
            session.runs.add(run_id)
            if session.lease is not None:
                session.lease.keep(run_id)


def ended(run_id: str) -> None:
    """Remember that a run of ours has ended."""
    with _turn:
        for session in _sessions.values():
            session.runs.discard(run_id)
            if session.lease is not None:
                session.lease.let_go(run_id)


def ours(uid: str) -> bool:
    """Whether a session is this process's own."""
    return any(session.uid == uid for session in list(_sessions.values()))


def dead(workspace: Workspace, store: Store) -> Iterator[DeadSession]:
    """Give the sessions with this store whose lock is free; each lock is held for its turn.

    One look into a folder and one system call for each session; the store is not asked.
    """
    name = _name(workspace, store)
    for file in _files(workspace):
        if not ours(file.stem):
            with _if_dead(file, name) as session:
                if session is not None:
                    yield session


def locks_decide(workspace: Workspace) -> bool:
    """Whether locks in this workspace say who is alive."""
    return fcntl is not None and locks_hold(workspace.state_dir)


def lives(workspace: Workspace, uid: str) -> bool:
    """Whether a session's lock is here and held: it lives, whatever its lease says."""
    file = workspace.state_dir / "sessions" / f"{uid}{_SUFFIX}"
    if ours(uid):
        return True
    if not _is_uid(uid):  # it comes from a tag, and would name a file
        return False
    with _if_dead(file, None) as session:
        return file.exists() and session is None


def _open(workspace: Workspace, store: Store) -> _Session:
    _once()
    uid = str(uuid6.uuid7())
    file: Path | None = None
    descriptor: int | None = None
    with contextlib.suppress(OSError):  # read-only, or full
        file = workspace.state_dir / "sessions" / f"{uid}{_SUFFIX}"
        file.parent.mkdir(parents=True, exist_ok=True)
        if fcntl is not None and locks_hold(file.parent):
            descriptor = _held_file(file, _name(workspace, store))
    lease = leases.Lease(store) if store.remote or descriptor is None else None
    return _Session(uid, file, descriptor, lease)


def _held_file(file: Path, store: str) -> int:
    """Make a file and lock it before it has its name: nobody ever sees it free while we live."""
    unnamed = file.with_suffix(".new")
    descriptor = os.open(unnamed, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o666)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        about = {
            "schema": 1,
            "session": file.stem,
            "store": store,
            # For who looks into the folder; nothing is judged by it.
            "started": datetime.now(UTC).isoformat(timespec="seconds"),
            "host": platform.node(),
        }
        os.write(descriptor, json.dumps(about).encode())
        unnamed.rename(file)
    except BaseException:
        os.close(descriptor)
        unnamed.unlink(missing_ok=True)
        raise
    return descriptor


def _files(workspace: Workspace) -> list[Path]:
    folder = workspace.state_dir / "sessions"
    try:
        found = [folder / entry.name for entry in os.scandir(folder)]
    except OSError:
        return []
    found = [file for file in found if file.suffix == _SUFFIX and _is_uid(file.stem)]
    # A lock that others may hold without our seeing it says nothing.
    return sorted(found) if found and fcntl is not None and locks_hold(folder) else []


@contextlib.contextmanager
def _if_dead(file: Path, store: str | None) -> Iterator[DeadSession | None]:
    """Give a session if its lock can be had, and hold that; None where it lives."""
    try:
        # O_NONBLOCK: what lies there may be anything, a pipe too.
        descriptor = os.open(file, os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:  # gone, or not ours to judge
        yield None
        return
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            yield None
            return
        if store is not None and _store_of(descriptor) not in (store, None):
            yield None  # for the verb that opens that one
            return
        last_sign = os.fstat(descriptor).st_mtime_ns // 1_000_000
        yield DeadSession(file.stem, file, last_sign)
    finally:
        os.close(descriptor)


def _store_of(descriptor: int) -> str | None:
    """Return the store that a lock file names; None where that cannot be read."""
    try:
        about = json.loads(os.pread(descriptor, 10_000, 0))
        return str(about["store"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _is_uid(text: str) -> bool:
    try:
        return str(uuid.UUID(text)) == text
    except ValueError:
        return False


def _name(workspace: Workspace, store: Store) -> str:
    """Name a store as everybody does who has this workspace, wherever it is mounted."""
    if store.embedded:
        return "embedded"
    path = store.sqlite_path
    return store.shown if path is None else os.path.relpath(path, workspace.root)


def _key(workspace: Workspace, store: Store) -> tuple[Path, str]:
    return workspace.root, store.uri


def _begin_anew() -> None:
    """In a forked child: let go of the parent's locks, which then end with the parent.

    The child shares them. A worker that outlives its kernel would hold them on; closing a copy
    frees nothing while the parent has its own.
    """
    global _turn  # noqa: PLW0603 - another thread of the parent may have held it
    _turn = threading.RLock()
    for session in _sessions.values():
        if session.descriptor is not None:
            with contextlib.suppress(OSError):
                os.close(session.descriptor)
    _sessions.clear()


def _leave() -> None:
    """At the end of the process: leave no file behind, unless a run is open."""
    for session in _sessions.values():
        if session.descriptor is not None and session.file is not None and not session.runs:
            with contextlib.suppress(OSError):
                session.file.unlink()


@functools.cache
def _once() -> None:
    """Be told of this process's forks and its end; not at import, which does nothing."""
    atexit.register(_leave)
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=_begin_anew)
