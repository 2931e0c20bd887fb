"""One supervised child: started, watched, started again with growing pauses, ended."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from engine.processes import describe_exit, spawn

FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 15.0
STEADY_S = 30.0  # a child that ran this long is well again: its next pause is the first one
LAST_LINES = 15


@dataclass(frozen=True, slots=True)
class Part:
    """What to run: `ready` answers whether it does its work yet."""

    name: str
    argv: Sequence[str]
    ready: Callable[[], bool]
    log: Path
    cwd: Path
    env: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Death:
    """A child that ended: `how` in words, started again after `pause_s`."""

    name: str
    pid: int
    how: str
    pause_s: float


class Child:
    """A part and the process that runs it now, if any. `now` is monotonic seconds throughout."""

    def __init__(self, part: Part) -> None:
        self.part = part
        self.process: subprocess.Popen[bytes] | None = None
        self._started = 0.0
        self._failures = 0
        self._again_at: float | None = None

    @property
    def pid(self) -> int | None:
        """Of the process that runs, None between two."""
        return self.process.pid if self.process else None

    def start(self, now: float) -> None:
        """Run it; its output is added to its log."""
        with self.part.log.open("ab") as log:
            self.process = spawn(
                self.part.argv, stdout=log, stderr=subprocess.STDOUT, cwd=self.part.cwd, env=self.part.env
            )
        self._started = now
        self._again_at = None

    def watch(self, now: float) -> Death | None:
        """Notice its end, once; start it again when its pause is over."""
        if self.process is not None and (status := self.process.poll()) is not None:
            return self._died(self.process.pid, status, now)
        if self._again_at is not None and now >= self._again_at:
            self.start(now)
        return None

    def _died(self, pid: int, status: int, now: float) -> Death:
        self._failures = 1 if now - self._started >= STEADY_S else self._failures + 1
        pause = pause_after(self._failures)
        self.process = None
        self._again_at = now + pause
        return Death(self.part.name, pid, describe_exit(status), pause)

    def last_lines(self) -> str:
        """The end of its log."""
        return "\n".join(self.part.log.read_text(errors="replace").splitlines()[-LAST_LINES:])


def pause_after(failures: int) -> float:
    """Seconds before the next start: doubled with each failure in a row, up to a limit."""
    return float(min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2 ** (failures - 1)))


def rotate(log: Path) -> None:
    """Begin a new log; the one before is kept as `.1`."""
    if log.exists():
        log.replace(log.with_name(f"{log.name}.1"))
    log.touch()
