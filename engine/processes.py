"""Child processes that never outlive their owner, however the owner ends.

Linux kills the child for us (prctl PR_SET_PDEATHSIG): no watcher to be killed itself, nothing to poll. The signal is tied to
the *thread* that started the child, so children are started from threads that live as long as the work does.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO

import psutil

_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None, use_errno=True)  # loaded here: between fork and exec nothing may be imported
Stream = int | IO[bytes] | None


def die_with_parent(expected_parent: int | None = None) -> None:
    """Have the kernel kill this process when its parent ends.

    `expected_parent` closes the gap in which the parent died before the request was made: if somebody else is the parent by
    then, this process ends at once.
    """
    if _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG) failed")
    if expected_parent is not None and os.getppid() != expected_parent:
        os._exit(1)


def _bound_to(owner: int) -> Callable[[], None]:
    return lambda: die_with_parent(owner)


def spawn(
    argv: Sequence[str],
    *,
    stdin: Stream = subprocess.DEVNULL,
    stdout: Stream = subprocess.DEVNULL,
    stderr: Stream = subprocess.DEVNULL,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
) -> subprocess.Popen[bytes]:
    """Start `argv` so that it is killed when this process ends, even by SIGKILL.

    The child leads its own process group: a Ctrl-C on the terminal reaches the owner, who ends its children in order.
    """
    return subprocess.Popen(
        list(argv),
        stdin=stdin,
        stdout=stdout,
        stderr=stderr,
        cwd=cwd,
        env=dict(env) if env is not None else None,
        preexec_fn=_bound_to(os.getpid()),
        process_group=0,
    )


def end(process: subprocess.Popen[bytes], grace_s: float = 2.0) -> int:
    """Ask a child to end, kill it after `grace_s` seconds, and return its exit status."""
    if process.poll() is None:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        try:
            process.wait(grace_s)
        except subprocess.TimeoutExpired:
            process.kill()
    return process.wait()


def started_at(pid: int) -> float | None:
    """Start time of a process (Unix seconds), None when there is none: tells a pid from its later reuse."""
    try:
        return psutil.Process(pid).create_time()
    except psutil.Error:
        return None


def is_alive(pid: int, started: float | None = None) -> bool:
    """Whether `pid` runs, is no zombie and, when `started` is given, is still the process that started then (±1 s)."""
    try:
        process = psutil.Process(pid)
        if process.status() == psutil.STATUS_ZOMBIE:
            return False
        return started is None or abs(process.create_time() - started) < 1.0
    except psutil.Error:
        return False


def describe_exit(status: int) -> str:
    """An exit status in words: `ended with status 1`, `was killed by SIGKILL`."""
    if status >= 0:
        return f"ended with status {status}"
    with contextlib.suppress(ValueError):
        return f"was killed by {signal.Signals(-status).name}"
    return f"was killed by signal {-status}"
