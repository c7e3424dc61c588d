"""Real kernels, as JupyterLab starts them."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from jupyter_client.manager import start_new_kernel

from mlops_jupyter.settings import ENV_NOTEBOOK, ENV_RUN_ID, ENV_TRACKING_URI, ENV_WORKSPACE


class Kernel:
    """Runs cells and collects what they show."""

    def __init__(self, manager, client) -> None:
        self.manager = manager
        self.client = client

    def run(self, source: str, interrupt_at: str = "") -> tuple[dict, list[dict]]:
        """Run a cell; press the stop button when it prints `interrupt_at`."""
        asked = self.client.execute(source)
        outputs = []
        while True:
            message = self.client.get_iopub_msg(timeout=60)
            if message["parent_header"].get("msg_id") != asked:
                continue
            kind, content = message["msg_type"], message["content"]
            if kind == "status" and content["execution_state"] == "idle":
                break
            outputs.append({"type": kind, **content})
            if interrupt_at and interrupt_at in content.get("text", ""):
                self.manager.interrupt_kernel()
        while True:
            reply = self.client.get_shell_msg(timeout=60)
            if reply["parent_header"].get("msg_id") == asked:
                return reply["content"], outputs

    def ok(self, source: str) -> str:
        """Run a cell that must not raise; return the text of all it showed."""
        reply, outputs = self.run(source)
        assert reply["status"] == "ok", reply
        return "\n".join(_text(output) for output in outputs)

    def restart(self) -> None:
        """Restart it, as the button does."""
        self.client.stop_channels()
        self.manager.restart_kernel(now=True)
        self.client = self.manager.client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=60)


def _text(output: dict) -> str:
    return output.get("text") or output.get("data", {}).get("text/plain", "")


@contextlib.contextmanager
def started(root: Path, notebook: str = "notebook.ipynb"):
    """Start a kernel for a notebook in a workspace."""
    ours = (ENV_WORKSPACE, ENV_NOTEBOOK, ENV_RUN_ID, ENV_TRACKING_URI)
    environment = {name: value for name, value in os.environ.items() if name not in ours}
    environment |= {"JPY_SESSION_NAME": str(root / notebook), "GIT_CONFIG_GLOBAL": os.devnull}
    manager, client = start_new_kernel(cwd=str(root), env=environment)
    kernel = Kernel(manager, client)
    try:
        yield kernel
    finally:
        kernel.client.stop_channels()
        manager.shutdown_kernel(now=True)
        manager.cleanup_resources()
