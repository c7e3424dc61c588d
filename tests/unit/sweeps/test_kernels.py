"""Processes of a trial are found by what they were started with, and ended."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from mlops_jupyter.sweeps import kernels, trial

# A kernel that has started a process of its own; both say when they are interrupted.
PARENT = """
import signal, subprocess, sys
child = subprocess.Popen([sys.executable, "-u", "-c", CHILD], stdout=subprocess.PIPE, text=True)
print(child.stdout.readline().strip(), child.pid, flush=True)
try:
    signal.pause()
except KeyboardInterrupt:
    print("interrupted; the child goes on:", child.poll() is None, flush=True)
    child.wait()
"""
CHILD = "import signal; print('ready'); signal.pause()"


@pytest.fixture
def started():
    """Give what starts such a kernel for a trial."""
    begun = {}

    def start(name):
        with kernels.named(name):
            process = subprocess.Popen(
                [sys.executable, "-c", f"CHILD = {CHILD!r}\n{PARENT}"],
                stdout=subprocess.PIPE,
                text=True,
            )
        begun[name] = process
        ready, child = process.stdout.readline().split()
        assert ready == "ready"
        return process, int(child)

    yield start
    kernels.kill(begun)
    for process in begun.values():
        process.wait()
        process.stdout.close()


def test_interrupts_the_kernel_alone_and_kills_all_of_it(started):
    process, child = started("a-1")
    other, _ = started("a-2")
    assert kernels._TRIAL not in os.environ

    kernels.interrupt(["a-1"])
    assert process.stdout.readline() == "interrupted; the child goes on: True\n"
    assert other.poll() is None

    kernels.kill(["a-1"])
    process.wait(60)
    assert {each.pid for each in kernels._processes_of(["a-1"])} <= {child}  # gone, or a zombie
    assert other.poll() is None


def test_whoever_names_a_trial_is_none_of_its_processes():
    with kernels.named("b-1"):
        kernels.kill(["b-1"])  # this process goes on
        assert kernels._processes_of(["b-1"]) == []
    kernels.kill([])


def test_a_worker_says_whether_it_sees_the_folder(tmp_path):
    proof = tmp_path / "proof"
    assert not trial.look(str(proof)).sees
    proof.touch()
    assert trial.look(str(proof)).sees


def test_a_worker_leaves_ctrl_c_to_the_sweep_and_its_kernels_hear_it():
    program = (
        "import os, signal, subprocess, sys\n"
        "from mlops_jupyter.sweeps.workers import settle_in\n"
        "settle_in(None)\n"
        "os.kill(os.getpid(), signal.SIGINT)\n"
        "code = 'import signal; print(signal.getsignal(2) is signal.default_int_handler)'\n"
        "print(subprocess.check_output([sys.executable, '-c', code], text=True).strip())\n"
        "print('PYTHONHASHSEED' in os.environ)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "PYTHONHASHSEED": "6640"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.split() == ["True", "False"], done.stderr
