"""Workers: Dask's, each with one trial at a time."""

from __future__ import annotations

import contextlib
import logging
import os
import queue
import signal
import tempfile
import time
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlops_jupyter._version import __version__
from mlops_jupyter.errors import BadInput, MissingExtra, ToolFailed
from mlops_jupyter.results import Event
from mlops_jupyter.sweeps import kernels
from mlops_jupyter.sweeps import trial as _trial

if TYPE_CHECKING:
    from distributed import Client, Future

    from mlops_jupyter.results import Events
    from mlops_jupyter.sweeps.trial import Job, Outcome
    from mlops_jupyter.workspace import Workspace

# How long a cluster may be without any worker, in seconds: a lost one takes some to be replaced.
PATIENCE = 120.0
# How long a stopped notebook has to end by itself.
GRACE = 10.0
_CONNECTING = 10.0


@dataclass(frozen=True)
class Ended:
    """A trial that a worker is done with.

    Attributes
    ----------
    outcome : Outcome or None
        None where the worker was lost.
    """

    job: Job
    outcome: Outcome | None


class Workers:
    """What gives trials to workers, and takes what they came to.

    Each trial is given to one worker by name. Dask would share them out by itself; but then a
    worker that dies takes trials with it that only waited, and Dask repeats them unseen.

    Parameters
    ----------
    client : Client
        Dask's.
    here : bool
        Whether all workers are processes on this machine.
    """

    def __init__(self, client: Client, *, here: bool) -> None:
        self._client = client
        self._here = here
        self._running: dict[str, tuple[Future, Job]] = {}
        self._done: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._seen = time.monotonic()

    @property
    def running(self) -> list[Job]:
        """The trials that are being run."""
        return [job for _, job in self._running.values()]

    def idle(self) -> list[str]:
        """Return the workers that have no trial.

        Raises
        ------
        ToolFailed
            There was none of any kind for two minutes.
        """
        there = self._there()
        if there or self._running:
            self._seen = time.monotonic()
        elif time.monotonic() - self._seen > PATIENCE:
            raise ToolFailed(
                f"there was no worker for {PATIENCE:.0f} s", "look at the cluster's own log"
            )
        return [address for address in there if address not in self._running]

    def give(self, worker: str, job: Job) -> None:
        """Have a worker run a trial."""
        future = self._client.submit(
            _trial.run,
            job,
            key=f"mlops-{job.key}-{time.monotonic_ns()}",
            workers=[worker],
            allow_other_workers=False,
            pure=False,
        )
        self._running[worker] = (future, job)
        future.add_done_callback(lambda _future: self._done.put(worker))

    def ended(self, within: float) -> Iterator[Ended]:
        """Wait for a trial to end, not long, and return those that have."""
        with contextlib.suppress(queue.Empty):
            self._done.get(timeout=within)
        if not self._running:
            return
        there = self._there()
        for worker, (future, job) in list(self._running.items()):
            if future.done():
                del self._running[worker]
                yield Ended(job, self._outcome(future))
            elif worker not in there:
                del self._running[worker]
                future.cancel()
                yield Ended(job, None)

    def _outcome(self, future: Future) -> Outcome | None:
        from distributed import KilledWorker
        from distributed.client import FutureCancelledError

        try:
            outcome: Outcome = future.result()
        except (KilledWorker, FutureCancelledError, OSError) as error:
            if isinstance(error, OSError) and future.status == "error":
                raise
            return None
        return outcome

    def interrupt(self, keys: Collection[str]) -> None:
        """Press the stop button of trials' kernels, wherever they are."""
        self._everywhere(kernels.interrupt, keys)

    def kill(self, keys: Collection[str]) -> None:
        """Kill trials' kernels, wherever they are."""
        self._everywhere(kernels.kill, keys)

    def _everywhere(self, act: Callable[[set[str]], None], keys: Collection[str]) -> None:
        act(set(keys))
        if not self._here:
            # A worker that does not answer is on its way out.
            with contextlib.suppress(OSError, TimeoutError):
                self._client.run(act, set(keys), on_error="ignore")

    def _there(self) -> Collection[str]:
        found: dict[str, int] = self._client.nthreads()
        return found


@contextlib.contextmanager
def opened(
    workspace: Workspace, *, count: int | None, address: str | None, events: Events
) -> Iterator[Workers]:
    """Give workers, which end with this.

    Parameters
    ----------
    workspace : Workspace
        What they have to see.
    count : int, optional
        How many processes to start; one for each processor by default.
    address : str, optional
        A Dask scheduler whose workers are used instead; those stay.
    events : callable
        Takes what is said of them.

    Raises
    ------
    MissingExtra
        Dask is not installed.
    BadInput
        The scheduler does not answer, or a worker has another version, or sees another disk.
    """
    try:
        import distributed  # noqa: F401
    except ImportError:
        raise MissingExtra("dask", "sweep", "a sweep") from None
    if address is None:
        with _local(count or processors()) as client:
            yield Workers(client, here=True)
        return
    with _connected(address) as client:
        for line in _looked_at(client, workspace):
            events(Event(line))
        yield Workers(client, here=False)


def processors() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@contextlib.contextmanager
def _local(count: int) -> Iterator[Client]:
    """Start processes on this machine, and end them."""
    import dask
    from distributed import Client, LocalCluster

    # Dask would have each worker compute with one thread, however few workers there are. It sets
    # that in this process too, and a hash seed: what runs here afterwards must not see it.
    threads = str(max(1, processors() // count))
    names = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
    per_worker = {name: os.environ.get(name, threads) for name in names}
    before = dict(os.environ)
    settings = {
        "distributed.nanny.pre-spawn-environ": per_worker,
        # A worker that is lost is told to us, who repeat its trial.
        "distributed.scheduler.allowed-failures": 0,
        "distributed.comm.timeouts.connect": "60s",
        "distributed.scheduler.http.routes": [],
        "distributed.worker.http.routes": [],
    }
    with (
        tempfile.TemporaryDirectory(prefix="mlops-") as folder,
        # Dask leaves a folder of its own where temporary files go.
        dask.config.set(settings | {"temporary-directory": folder}),
        _environment_restored(before),
        LocalCluster(
            n_workers=count,
            threads_per_worker=1,
            processes=True,
            host="127.0.0.1",
            # Whoever may talk to a Dask worker may run code in it: encrypted, with our own key.
            security=True,
            # No pages; Dask serves something all the same, elsewise to the whole network.
            dashboard_address="127.0.0.1:0",
            worker_dashboard_address="127.0.0.1:0",
            scheduler_kwargs={"dashboard": False},
            memory_limit=0,  # it is the kernels that use memory
            local_directory=folder,
            silence_logs=logging.CRITICAL,
        ) as cluster,
        Client(cluster, set_as_default=False) as client,
    ):
        client.register_plugin(_settling_in(before.get("PYTHONHASHSEED")))
        yield client


@contextlib.contextmanager
def _environment_restored(before: dict[str, str]) -> Iterator[None]:
    try:
        yield
    finally:
        for name in set(os.environ) - set(before):
            if name.endswith("_NUM_THREADS") or name == "PYTHONHASHSEED":
                del os.environ[name]


def _settling_in(hash_seed: str | None) -> Any:
    """Return what each of our own workers does first, also one that replaces a lost one."""
    from distributed import WorkerPlugin

    class SettlingIn(WorkerPlugin):
        """See above."""

        name = "mlops-sweep"

        def setup(self, worker: Any) -> None:  # noqa: ARG002 - Dask's signature
            settle_in(hash_seed)

    return SettlingIn()


def settle_in(hash_seed: str | None) -> None:
    """Make this process a worker: Ctrl-C in its terminal is the sweep's business, not its own."""
    # A handler, not SIG_IGN: kernels would inherit that, and could not be interrupted.
    signal.signal(signal.SIGINT, lambda *_: None)
    if hash_seed is None:  # kernels have their own chance, as they have without a sweep
        os.environ.pop("PYTHONHASHSEED", None)


@contextlib.contextmanager
def _connected(address: str) -> Iterator[Client]:
    from distributed import Client

    try:
        client = Client(address, timeout=_CONNECTING, set_as_default=False)
    except (OSError, TimeoutError, ValueError) as error:
        said = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise BadInput(
            f"no Dask scheduler answers at {address}: {said}",
            "start one with `dask scheduler`, and workers with `dask worker tcp://HOST:8786`",
        ) from None
    with client:
        yield client


def _looked_at(client: Client, workspace: Workspace) -> list[str]:
    """Check that workers see what we see; return what is to be said of them.

    Raises
    ------
    BadInput
        There are none, or one does not.
    """
    proof = _fresh_file(workspace.state_dir)
    try:
        sites: dict[str, Any] = client.run(_trial.look, str(proof), on_error="return")
    finally:
        proof.unlink()
    if not sites:
        raise BadInput("the cluster has no workers", "start some: `dask worker tcp://HOST:8786`")
    for worker, site in sites.items():
        if not isinstance(site, _trial.Site) or site.version != __version__:
            has = site.version if isinstance(site, _trial.Site) else f"none: {site}"
            raise BadInput(
                f"worker {worker} needs mlops-jupyter {__version__}, and has {has}",
                "install the same packages on all machines",
            )
        if not site.sees:
            raise BadInput(
                f"worker {worker} on {site.host} does not see {workspace.root}",
                "workers need the workspace's folder at the same place: a shared file system",
            )
    hosts = sorted({site.host for site in sites.values()})
    return [f"{len(sites)} workers on {', '.join(hosts)}; they share {workspace.root}"]


def _fresh_file(folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    descriptor, name = tempfile.mkstemp(prefix="seen-by-workers-", dir=folder)
    os.close(descriptor)
    return Path(name)
