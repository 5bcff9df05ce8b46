"""The Dagster UI and daemon on one home, on a free port: `python -m orchestration.automation.ui HOME`."""

from __future__ import annotations

import os
import signal
import socket
import sys
from pathlib import Path

from orchestration.automation.instance import end_dead_runs, instance
from orchestration.base.settings import PROJECT, Home


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def main() -> None:
    """Replace this process by `dagster dev`."""
    home = Home(Path(sys.argv[1]).absolute() if len(sys.argv) > 1 else Home.default().root)
    with instance(home) as made:
        end_dead_runs(made, home)
    os.environ["BONDED_HOME"], os.environ["DAGSTER_HOME"] = str(home.root), str(home.dagster)
    command = str(Path(sys.executable).with_name("dagster"))
    port = str(free_port())
    print(f"Dagster UI on {home.root}: http://127.0.0.1:{port}", flush=True)
    os.chdir(PROJECT)
    # In the background of a script SIGINT is ignored; Dagster would then ignore SIGTERM, too, and could not be stopped.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    os.execv(command, [command, "dev", "-w", "workspace.yaml", "-h", "127.0.0.1", "-p", port])


if __name__ == "__main__":
    main()
