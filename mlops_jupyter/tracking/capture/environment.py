"""The environment of a run: Python, machine, distributions, lock file, threads and seeds.

Of the environment's variables only those are read that set threads and seeds, and only values that
are numbers or words: no other one is anybody's business.
"""

from __future__ import annotations

import functools
import hashlib
import json
import os
import platform
import random
import re
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlops_jupyter import git
from mlops_jupyter.tracking import tags
from mlops_jupyter.tracking.capture import distributions
from mlops_jupyter.tracking.capture.objects import Kept
from mlops_jupyter.tracking.capture.source_files import SourceFiles

if TYPE_CHECKING:
    from mlops_jupyter.workspace import Workspace

# Packages whose version a reader of a run asks for first.
_OF_NOTE = (
    "mlops-jupyter", "mlflow", "scikit-learn", "numpy", "pandas", "polars", "xgboost", "lightgbm",
    "torch",
)  # fmt: skip
_VARIABLES = (
    "PYTHONHASHSEED", "CUBLAS_WORKSPACE_CONFIG", "OMP_NUM_THREADS", "MKL_NUM_THREADS",
    "OPENBLAS_NUM_THREADS", "BLIS_NUM_THREADS", "VECLIB_MAXIMUM_THREADS", "NUMEXPR_NUM_THREADS",
    "NUMEXPR_MAX_THREADS", "NUMBA_NUM_THREADS", "POLARS_MAX_THREADS", "LOKY_MAX_CPU_COUNT",
    "OMP_DYNAMIC", "MKL_DYNAMIC", "MKL_CBWR",
)  # fmt: skip
_PLAIN = re.compile(r"[A-Za-z0-9_:,.-]{1,40}")
_LOCK_FILES = (
    "uv.lock", "poetry.lock", "pdm.lock", "Pipfile.lock", "pixi.lock", "pylock.toml",
    "conda-lock.yml", "environment.yml", "environment.yaml", "requirements*.txt",
    "constraints*.txt",
)  # fmt: skip
_LOCK_LIMIT = 5_000_000
_MAX_LOCK_FILES = 10


@dataclass(frozen=True)
class Chance:
    """The states of random numbers at one moment, taken without changing them."""

    python: object
    numpy: dict[str, Any] | None
    torch: int | None

    @classmethod
    def now(cls) -> Chance:
        """Take what there is; a library that is not imported has no state yet."""
        numpy = getattr(sys.modules.get("numpy.random"), "get_state", None)
        torch = getattr(sys.modules.get("torch"), "initial_seed", None)
        return cls(
            random.getstate(), numpy(legacy=False) if numpy else None, torch() if torch else None
        )

    def tag(self) -> str:
        """Return digests: equal ones mean that the same numbers were drawn from here on."""
        known = {
            "PYTHONHASHSEED": _variables().get("PYTHONHASHSEED", "random"),
            "random": _digest(self.python),
            "numpy": _digest(self.numpy) if self.numpy is not None else None,
            "torch": self.torch,
        }
        return tags.as_tag({name: value for name, value in known.items() if value is not None})


def may_be_recorded(name: str, value: str) -> bool:
    """Whether a variable is one of those that set threads and seeds, and its value is plain."""
    return name in _VARIABLES and _PLAIN.fullmatch(value) is not None


def facts() -> dict[str, str]:
    """Return what of this machine may change a result, where it is known."""
    known = {
        "platform": f"{platform.system()} {platform.machine()}",
        "cpu": _cpu_model(),
        "gpu": ", ".join(gpus()),
    }
    return {name: value for name, value in known.items() if value}


def tag() -> str:
    """Return Python, platform and the versions of note, for a run's tag."""
    known = {each.name: each.version for each in distributions.installed()}
    shown = {
        "python": platform.python_version(),
        "platform": f"{platform.system()} {platform.machine()}",
    }
    return tags.as_tag({**shown, **{name: known[name] for name in _OF_NOTE if name in known}})


def collect(
    workspace: Workspace, chance: Chance | None = None, *, own_process: bool = True
) -> Kept:
    """Return the environment as files, the same ones as long as it does not change.

    Parameters
    ----------
    workspace : Workspace
        Its folder, and the top of its repository, are looked through for a lock file.
    chance : Chance, optional
        The states of random numbers when the run's cell began.
    own_process : bool
        Whether this process made the run: the thread pools of another one are not known.
    """
    installed = distributions.installed()
    locks = _lock_files(workspace)
    known = {
        "schema_version": 1,
        "python": _python(),
        "machine": _machine(),
        "threads": {"pools": _pools() if own_process else []},
        "variables": _variables(),
        "distributions": {each.name: each.version for each in installed},
        "from_elsewhere": {
            each.name: {"url": each.url, "commit": each.commit, "editable": each.editable}
            for each in installed
            if each.url
        },
        "lock_files": [name.rpartition("/")[2] for name in locks.files],
    }
    pinned = "".join(f"{each.requirement}\n" for each in installed)
    return Kept(
        files={
            "environment/environment.json": json.dumps(known, indent=1).encode(),
            "environment/requirements.txt": pinned.encode(),
            **locks.files,
        },
        tags={tags.ENVIRONMENT: tag(), **({tags.SEEDS: chance.tag()} if chance else {})},
        captured=["environment"],
        problems=locks.problems(),
    )


def _lock_files(workspace: Workspace) -> SourceFiles:
    found = SourceFiles(workspace, with_data=True, deadline=time.monotonic() + 1)
    top = git.find_top(workspace.root)
    for folder in dict.fromkeys((workspace.root, top or workspace.root)):
        paths = [path for pattern in _LOCK_FILES for path in sorted(folder.glob(pattern))]
        for path in paths[:_MAX_LOCK_FILES]:
            name = f"environment/{'lock' if folder == workspace.root else 'lock/top'}/{path.name}"
            found.add(path, name, inside=folder, limit=_LOCK_LIMIT)
    return found


@functools.cache
def _python() -> dict[str, str]:
    if (Path(sys.prefix) / "conda-meta").is_dir():
        kind = "conda"
    else:
        kind = "system" if sys.prefix == sys.base_prefix else "venv"
    return {
        "version": platform.python_version(),
        "implementation": platform.python_implementation(),
        "build": sys.version,
        "kind": kind,
    }


def _machine() -> dict[str, Any]:
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return {**_hardware(), "usable_cpus": usable, "memory_limit_bytes": _memory_limit()}


@functools.cache
def _hardware() -> dict[str, Any]:
    return {
        "system": platform.system(),
        "release": platform.release(),
        "machine": platform.machine(),
        "libc": " ".join(platform.libc_ver()).strip(),
        "cpu": _cpu_model(),
        "cpus": os.cpu_count(),
        "memory_bytes": _memory(),
        "gpus": list(gpus()),
    }


def _memory() -> int | None:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (ValueError, OSError, AttributeError):
        import psutil

        return int(psutil.virtual_memory().total)


def _memory_limit() -> int | None:
    """Return what a container may use."""
    for file in ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"):
        text = _text(Path(file)).strip()
        if text.isdigit() and int(text) < 1 << 60:  # cgroup 1 writes a huge number for none
            return int(text)
    return None


def _cpu_model() -> str | None:
    found = re.search(r"^model name\s*:\s*(.+)$", _text(Path("/proc/cpuinfo")), re.MULTILINE)
    return found[1] if found else None


@functools.cache
def gpus() -> tuple[str, ...]:
    """Return the names of NVIDIA's, from the driver's own files; else by its program, once."""
    try:
        files = sorted(Path("/proc/driver/nvidia/gpus").glob("*/information"))
    except OSError:
        files = []
    found = [re.search(r"^Model:\s*(.+)$", _text(file), re.MULTILINE) for file in files]
    if names := [match[1] for match in found if match]:
        return tuple(names)
    program = shutil.which("nvidia-smi")
    if program is None:
        return ()
    question = [program, "--query-gpu=name", "--format=csv,noheader"]
    try:
        answer = subprocess.run(question, capture_output=True, text=True, timeout=1, check=True)
    except (OSError, subprocess.SubprocessError):
        return ()
    return tuple(line.strip() for line in answer.stdout.splitlines()[:64] if line.strip())


def _pools() -> list[dict[str, Any]]:
    """Return the thread pools of native libraries, as they are set now."""
    if "numpy" not in sys.modules:
        return []
    wanted = ("user_api", "internal_api", "version", "num_threads", "threading_layer")
    pools = _controller(len(sys.modules)).info()
    return [{key: pool.get(key) for key in wanted} for pool in pools]


@functools.lru_cache(maxsize=1)
def _controller(_modules: int) -> Any:
    """Find the native libraries again when something was imported: that takes milliseconds."""
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()


def _variables() -> dict[str, str]:
    found = {name: os.environ.get(name, "") for name in _VARIABLES}
    return {name: value for name, value in found.items() if _PLAIN.fullmatch(value)}


def _digest(state: object) -> str:
    hasher = hashlib.sha256()
    _add(hasher, state)
    return hasher.hexdigest()[:16]


def _add(hasher: Any, value: object) -> None:
    """Add a state, of whatever kind the generator is."""
    if isinstance(value, dict):
        for key in sorted(value):
            hasher.update(str(key).encode())
            _add(hasher, value[key])
    elif hasattr(value, "tobytes"):
        hasher.update(value.tobytes())
    else:
        hasher.update(repr(value).encode())


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
