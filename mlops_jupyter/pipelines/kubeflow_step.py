"""What a step does in a cluster: its source goes into the YAML, and runs without this package.

A step has a container of its own, and shares no disk with others. It clones the repository at one
commit, takes its stage's dependencies out of the DVC remote, runs the stage by ``dvc repro``, and
puts the outputs into the remote. What the next step has to know is the stage's entry of
``dvc.lock``: a few lines, which Kubeflow hands on.
"""


def step(  # noqa: PLR0917 - kfp gives them by name
    stage: str, repository: str, commit: str, folder: str, tracking: str, locks: str
) -> str:
    """Run one stage; return its entry of dvc.lock as JSON, for the steps after it.

    Parameters
    ----------
    stage : str
        The stage.
    repository, commit : str
        What to clone.
    folder : str
        Where in it ``dvc.yaml`` is.
    tracking : str
        MLflow's tracking URI; empty for what the environment says.
    locks : str
        What the steps before it returned, one on each line.
    """
    import json
    import os
    import subprocess
    import sys
    import tempfile
    from pathlib import Path
    from typing import Any

    from dvc.repo import Repo
    from ruamel.yaml import YAML

    with tempfile.TemporaryDirectory() as clone:
        os.environ["DVC_NO_ANALYTICS"] = "1"
        scripts = str(Path(sys.executable).parent)
        os.environ["PATH"] = scripts + os.pathsep + os.environ.get("PATH", "")
        if tracking:
            os.environ["MLFLOW_TRACKING_URI"] = tracking
        subprocess.run(["git", "clone", "--quiet", "--", repository, clone], check=True)
        subprocess.run(["git", "checkout", "--quiet", "--detach", commit], cwd=clone, check=True)
        root = Path(clone) / folder
        lock, yaml = root / "dvc.lock", YAML()
        known: dict[str, Any] = {"schema": "2.0", "stages": {}}
        if lock.exists():
            known |= yaml.load(lock.read_text())
        for line in filter(None, locks.splitlines()):
            known["stages"].update(json.loads(line))
        with lock.open("w") as file:
            yaml.dump(known, file)
        dvc = [sys.executable, "-m", "dvc"]
        with Repo(str(root)) as repo:
            (wanted,) = repo.stage.collect(f"{root / 'dvc.yaml'}:{stage}")
            missing = [dep.fs_path for dep in wanted.deps if not dep.exists]
        if missing:
            subprocess.run([*dvc, "pull", "--quiet", *missing], cwd=root, check=True)
        subprocess.run([*dvc, "repro", "--single-item", "--pull", stage], cwd=root, check=True)
        push = [*dvc, "push", "--quiet", "--run-cache", stage]
        subprocess.run(push, cwd=root, check=True)
        made = YAML(typ="safe").load(lock.read_text())["stages"][stage]
        return json.dumps({stage: made})
