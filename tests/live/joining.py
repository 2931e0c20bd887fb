"""Worker processes as a person starts them."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from engine import processes

TOKEN = "a token of these tests alone, not to be guessed"


@contextmanager
def started(
    address: object, folder: Path, *tokens: str, options: Sequence[str] = ()
) -> Iterator[list[subprocess.Popen[bytes]]]:
    """A worker process for each token; what they leave in their temporary folder is seen in `folder`."""
    argv = [sys.executable, "-m", "engine", "load", "--join", str(address), *options]
    folder.mkdir()
    found = [
        processes.spawn(
            argv,
            stderr=subprocess.PIPE,
            env={**os.environ, "HEADROOM_WORKER_TOKEN": token, "TMPDIR": str(folder)},
        )
        for token in tokens
    ]
    try:
        yield found
    finally:
        for process in found:
            processes.end(process)
            assert process.stderr is not None
            process.stderr.close()


def words(process: subprocess.Popen[bytes]) -> tuple[int, str]:
    """How a worker ended, and what it said."""
    _, said = process.communicate(timeout=120)
    return process.returncode, said.decode()


def files_in(folder: Path) -> list[Path]:
    """Every file there, however deep."""
    return [path for path in folder.rglob("*") if path.is_file()]
