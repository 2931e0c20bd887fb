"""Where blocks of commands become a stored trace: annotated, redacted, timed from the first of them, written."""

from __future__ import annotations

import numpy as np

from engine import commands
from engine.errors import InputError
from engine.traces.annotating.annotation import Annotator
from engine.traces.annotating.client_groups import ClientGroups
from engine.traces.block import I32, I64, Block, SizedBlock
from engine.traces.columns import full_columns, sized_columns
from engine.traces.model import Flag
from engine.traces.redaction import Redactor
from engine.traces.store import TraceWriter

_SYNTHETIC, _WRITE = int(Flag.SYNTHETIC), int(Flag.WRITE)


class Intake:
    """Takes blocks in order. `redactor`: None leaves the words as they are (passwords are replaced all the same)."""

    def __init__(self, writer: TraceWriter, redactor: Redactor | None) -> None:
        self.population = 0
        self.connections = 0
        self.first_us: int | None = None
        self.last_us = 0
        self.groups = ClientGroups()
        self._annotator = Annotator()
        self._writer = writer
        self._redactor = redactor

    @property
    def operations(self) -> int:
        """Commands of the recording itself, without the population before them."""
        return self._writer.count - self.population

    @property
    def duration_us(self) -> int:
        return 0 if self.first_us is None else self.last_us - self.first_us

    def take(self, block: Block | SizedBlock) -> None:
        """Annotate, redact and write."""
        if not len(block):
            return
        if isinstance(block, SizedBlock):
            self._take_sized(block)
        else:
            self._take_full(block)

    def check(self, source: str) -> None:
        """Raise InputError when there is nothing to replay."""
        if self.population or self._annotator.data_operations:
            return
        if not self.operations:
            raise InputError("there is no command in the file.", source=source, expected="a recorded command.")
        seen = ", ".join(f"{name} ({count})" for name, count in self._annotator.commands_seen.most_common(5))
        raise InputError(
            f"none of the {self.operations} commands works on keys; there are {seen[:200]}.",
            source=source,
            expected="at least one command on data, such as GET or SET.",
            remedy="Record while the application is at work.",
        )

    def _take_full(self, block: Block) -> None:
        found = self._annotator.annotate(block)
        block = found.block
        if self._redactor is not None:
            self._redactor.redact(block.data, block.offsets, found.roles)
        self.groups.learn(found)
        if block.population:
            self.population += len(block)
            columns = full_columns(found, np.zeros(len(block), np.int64), found.flags | np.uint8(_SYNTHETIC))
        else:
            columns = full_columns(found, self._times(block.t_us), found.flags)
            self._see(block.conn)
        self._writer.append_columns(columns, len(block.data))

    def _take_sized(self, block: SizedBlock) -> None:
        ids = np.array([self._annotator.name_id(name) for name in block.names], np.int32)
        flags = np.array([_flags(name) for name in block.names], np.uint8)
        cmd = ids[block.cmd]
        self._annotator.count_names(cmd)
        if self._redactor is not None:
            self._redactor.redact_keys(block.key_data, block.key_offsets)
        self._see(block.conn)
        columns = sized_columns(block, self._times(block.t_us), cmd, self._annotator.names, flags[block.cmd])
        self._writer.append_columns(columns, len(block.key_data))

    def _times(self, t_us: I64) -> I64:
        if self.first_us is None:
            self.first_us = int(t_us[0])
        self.last_us = int(t_us[-1])
        return t_us - self.first_us

    def _see(self, conn: I32) -> None:
        self.connections = max(self.connections, int(np.max(conn)) + 1)


def _flags(name: str) -> int:
    command = commands.find(name)
    return _WRITE if command and command.write else 0
