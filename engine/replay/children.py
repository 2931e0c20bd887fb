"""Helpers of a run that are processes of their own and speak in JSON lines: the player and the replication tap."""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from engine import processes
from engine.errors import Interrupted

_PROJECT = Path(__file__).resolve().parents[2]
_READ_BYTES = 1 << 16


class Child:
    """A Python module of ours run as a child. Use as a context manager: it has ended when the block is left."""

    def __init__(self, module: str, task: Mapping[str, Any], log: Path) -> None:
        self._name = module.rsplit(".", 1)[-1].replace("_", " ")
        self._log = log
        with log.open("wb") as errors:
            self._process = processes.spawn(
                [sys.executable, "-m", module],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                cwd=_PROJECT,
            )
        assert self._process.stdout is not None
        self._out = self._process.stdout.fileno()
        os.set_blocking(self._out, False)
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._out, selectors.EVENT_READ)
        self._rest = b""
        self.tell(task)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._selector.close()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):  # the child may have ended with a line unread
                    pipe.close()
        processes.end(self._process, grace_s=0.2)

    def tell(self, line: Mapping[str, Any]) -> None:
        """Send one line."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(line).encode() + b"\n")
        self._process.stdin.flush()

    @property
    def pid(self) -> int:
        """Its process."""
        return self._process.pid

    def fileno(self) -> int:
        """Readable when it has said something."""
        return self._out

    def hear(self, timeout_s: float) -> list[dict[str, Any]]:
        """The lines that have come, after waiting at most `timeout_s` for one.

        Raises Interrupted with the child's own words when it failed, or when it ended without a word.
        """
        if not self._selector.select(timeout_s):
            return []
        data = os.read(self._out, _READ_BYTES)
        if not data:
            raise Interrupted(f"The {self._name} {processes.describe_exit(self._process.wait())}. {self._last_words()}")
        *lines, self._rest = (self._rest + data).split(b"\n")
        said = [json.loads(line) for line in lines]
        for line in said:
            if "error" in line:
                raise Interrupted(f"The {self._name} stopped: {line['error']}")
        return said

    def _last_words(self) -> str:
        lines = self._log.read_text(errors="replace").strip().splitlines()
        return lines[-1] if lines else ""
