"""A JupyterLab of one's own on a free port, for what only a browser shows."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def jupyterlab(folder):
    """Serve a folder; yields the address of its Lab."""
    run_files = folder / "jupyter"
    environment = {
        **os.environ,
        "JUPYTER_RUNTIME_DIR": str(run_files / "runtime"),
        "JUPYTER_CONFIG_DIR": str(run_files / "config"),
        "JUPYTERLAB_SETTINGS_DIR": str(run_files / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(run_files / "workspaces"),
        "PYTHONPATH": str(Path(__file__).parents[2]),
    }
    command = [
        *(sys.executable, "-m", "jupyterlab", "--no-browser", "--ServerApp.port=0"),
        *("--allow-root", "--IdentityProvider.token=token", f"--ServerApp.root_dir={folder}"),
        "--LabApp.expose_app_in_browser=True",
    ]
    with (folder / "lab.log").open("w") as log:
        lab = subprocess.Popen(command, env=environment, cwd=folder, stdout=log, stderr=log)
    try:
        yield _address(run_files / "runtime", folder / "lab.log")
    finally:
        lab.send_signal(signal.SIGTERM)
        lab.wait(30)


def _address(runtime, log):
    for _ in range(300):
        for found in runtime.glob("jpserver-*.json"):
            try:
                url = json.loads(found.read_text())["url"]
                urllib.request.urlopen(f"{url}api", timeout=5).close()
            except (ValueError, OSError):
                break
            return url
        time.sleep(0.2)
    raise AssertionError(log.read_text())
