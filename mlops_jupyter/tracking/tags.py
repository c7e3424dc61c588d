"""Names of the tags that this package sets on runs: the contract with what reads them."""

from __future__ import annotations

import json

UID = "mlops.uid"
KIND = "mlops.kind"  # cell | notebook | script | sweep
DATA = "mlops.data"  # JSON list of data: references
DATA_FILES = "mlops.data_files"  # JSON list of files read: [path, digest, size, mtime_ns]
OUTPUTS = "mlops.outputs"  # JSON list of files written: path, size, digest, version
MODEL = "mlops.model"
IMPORTANCE = "mlops.importance"  # JSON: method, columns, shares (the greatest), why_not
DRIFT = "mlops.drift."  # and when: JSON of a drift report in drift/: drifted, share, …
DRIFT_REPORT = "mlops.drift_report"  # on a model version: JSON of the last one, and where it is
ERROR = "mlops.error"
CODE = "mlops.code"  # JSON: commit, branch, remote, changed, modules
SOURCES = "mlops.sources"  # JSON: digests of the cell and of local modules, left_out
CELL = "mlops.cell"  # digest of what tells the cell from others
ATTEMPT = "mlops.attempt"
ATTEMPT_OF = "mlops.attempt_of"  # uid of the first attempt of the same cell
ENVIRONMENT = "mlops.environment"  # JSON: python, platform, packages of note
SEEDS = "mlops.seeds"  # JSON: digests of the states of random numbers when the cell began
NOTEBOOK = "mlops.notebook"
JOURNAL = "mlops.journal"  # JSON: cells, runnable, why, secrets
ORDER = "mlops.order"  # in order | out of order | edited since; and why, after a colon
REPRODUCES = "mlops.reproduces"  # the id of the run that this one makes again
MAIN_METRIC = "mlops.main_metric"
STAGE = "mlops.stage"  # of dvc.yaml, whose command made the run
PIPELINE = "mlops.pipeline"  # JSON: stages and what became of them, dvc.lock before and after
SESSION = "mlops.session"  # whose lock under .mlops/sessions/ says whether the run lives
LEASE = "mlops.lease"  # until when (UTC) it lives without a new sign, where locks are not seen

# On the trials of a sweep; the best one's number stands on the sweep too.
SWEEP_TRIAL = "mlops.sweep.trial"  # its number, from 1
SWEEP_VALUES = "mlops.sweep.values"  # JSON: what it was given
SWEEP_BEST = "mlops.sweep.best"
SWEEP_PRUNED = "mlops.sweep.pruned"  # the step at which it was stopped
SWEEP_REPEATED = "mlops.sweep.repeated"  # its worker was lost, and another run stands for it

# Between stores. The first four stand on the run that is here, the others on the merged one.
SYNC = "mlops.sync."
SYNC_TO = "mlops.sync.to"  # address of the server it is for
SYNC_STATE = "mlops.sync.state"  # waiting | delivered
SYNC_SEEN = "mlops.sync.seen"  # fingerprint of what was delivered
SYNC_RUN_ID = "mlops.sync.run_id"  # its id there
MERGED = "mlops.merged"  # JSON: digest and time of the description that was merged last
ORIGIN_ID = "mlops.origin_run_id"  # MLflow's id where the run was made
PARENT_UID = "mlops.parent_uid"

PARENT = "mlflow.parentRunId"
SOURCE_NAME = "mlflow.source.name"
SOURCE_TYPE = "mlflow.source.type"
GIT_COMMIT = "mlflow.source.git.commit"
GIT_BRANCH = "mlflow.source.git.branch"
GIT_REMOTE = "mlflow.source.git.repoURL"
NOTE = "mlflow.note.content"
DATA_CONTEXT = "mlflow.data.context"  # on a data input: what it was read for
EARLIER = "earlier"  # that, of what a cell read from which no name leads to the one that trained


def as_tag(value: object) -> str:
    """Return a value as the JSON text of a tag."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def error_line(traceback: str | None) -> str:
    r"""Return what a traceback says: kind and message, also where the message has several lines.

    Examples
    --------
    >>> error_line('Traceback ...\n  File "a.py", line 1\n    f()\nValueError: 2 errors\nfirst')
    'ValueError: 2 errors'
    """
    lines = (traceback or "").strip().splitlines()
    frames = [at for at, line in enumerate(lines) if line.startswith('  File "')]
    after = lines[frames[-1] + 1 :] if frames else lines[-1:]
    return next((line for line in after if line and not line[0].isspace()), "".join(lines[-1:]))
