"""The Dagster UI and daemon on one home, and its releases beside it, each on a free port of this machine:
`python -m orchestration.automation.ui HOME`.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
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


def show_releases(home: Home) -> None:
    """Start what shows the releases. It ends when this process has ended, however that comes about, and whatever has
    taken its place: its standard input is a pipe that is closed then.
    """
    reading, writing = os.pipe()
    os.set_inheritable(writing, True)
    command = [sys.executable, "-m", "orchestration.terminal.cli", "serve", "--home", str(home.root), "--while-open"]
    subprocess.Popen(command, stdin=reading, cwd=PROJECT)
    os.close(reading)


def main() -> None:
    """Replace this process by `dagster dev`, with the releases beside it."""
    home = Home(Path(sys.argv[1]).absolute() if len(sys.argv) > 1 else Home.default().root)
    with instance(home) as made:
        end_dead_runs(made, home)
    os.environ["BONDED_HOME"], os.environ["DAGSTER_HOME"] = str(home.root), str(home.dagster)
    command = str(Path(sys.executable).with_name("dagster"))
    port = str(free_port())
    print(f"Dagster UI on {home.root}: http://127.0.0.1:{port}", flush=True)
    show_releases(home)
    os.chdir(PROJECT)
    # In the background of a script SIGINT is ignored; Dagster would then ignore SIGTERM, too, and could not be stopped.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    os.execv(command, [command, "dev", "-w", "workspace.yaml", "-h", "127.0.0.1", "-p", port])


if __name__ == "__main__":
    main()
