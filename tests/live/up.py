"""A real `manage.py up` for tests: on a data folder and a port of its own, and gone at the end whatever happened."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

import psutil

from engine.processes import spawn

PROJECT = Path(__file__).parents[2]
PATIENCE_S = 120.0


def wait_for(what: Callable[[], bool], within_s: float = PATIENCE_S) -> bool:
    """Whether `what` came true in time; asked again and again."""
    deadline = time.monotonic() + within_s
    while not (true := what()) and time.monotonic() < deadline:
        time.sleep(0.05)
    return true


def free_port() -> int:
    """A port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Up:
    """The command, what it has printed, and the processes under it."""

    def __init__(self, data: Path, static: Path, port: int, **settings: str) -> None:
        environment = {**os.environ, "HEADROOM_DATA": str(data), "HEADROOM_STATIC_ROOT": str(static), **settings}
        self.data = data
        self.lines: list[str] = []
        self.process = spawn(
            [sys.executable, "manage.py", "up", "--port", str(port)],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd=PROJECT,
            env=environment,
        )
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def __enter__(self) -> Up:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        below = self.descendants()
        self.process.kill()
        self.process.wait()
        psutil.wait_procs(below, timeout=PATIENCE_S)
        self._reader.join()
        if self.process.stdout is not None:
            self.process.stdout.close()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line.decode().rstrip())

    @property
    def output(self) -> str:
        """All it has said."""
        return "\n".join(self.lines)

    def says(self, words: str) -> bool:
        """Whether it says so in time, before it ends."""
        wait_for(lambda: words in self.output or self.process.poll() is not None)
        return words in self.output

    def ready(self) -> Up:
        """Itself, once it is ready."""
        assert self.says("Headroom is ready."), self.output
        return self

    @property
    def link(self) -> str:
        """The sign-in link it printed."""
        [line] = [line for line in self.lines if "Sign in: " in line]
        return line.split("Sign in: ")[1]

    @property
    def url(self) -> str:
        """Where it answers."""
        return self.link.split("/accounts/")[0]

    def descendants(self) -> list[psutil.Process]:
        """Every process under it."""
        try:
            return psutil.Process(self.process.pid).children(recursive=True)
        except psutil.NoSuchProcess:
            return []

    def child(self, words: str) -> psutil.Process:
        """The one direct child whose command line has these words."""
        [found] = self.children(words)
        return found

    def children(self, words: str) -> list[psutil.Process]:
        """Those direct children."""
        found = []
        for child in psutil.Process(self.process.pid).children():
            with contextlib.suppress(psutil.NoSuchProcess):  # one that has just ended
                if words in " ".join(child.cmdline()):
                    found.append(child)
        return found
