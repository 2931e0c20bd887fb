"""RDB snapshots: no traffic, but everything a replay starts from, and what stands in memory.

A file that begins like a snapshot may be an append-only file whose beginning was rewritten as one; what follows the
snapshot's end tells, and such a file is read as what it is.
"""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from engine.cluster.folders import private_folder
from engine.errors import InputError
from engine.traces.block import Block
from engine.traces.formats import aof
from engine.traces.formats.reader import About, Format, Member, Options, Reader, asking
from engine.traces.limits import MAX_RDB_BYTES
from engine.traces.snapshots.end import snapshot_end
from engine.traces.snapshots.head import EXPECTED, begins_snapshot
from engine.traces.snapshots.loading import too_large
from engine.traces.snapshots.population import population_blocks

NAME = "rdb"


@dataclass(slots=True)
class SnapshotReader:
    """Reads one snapshot; all of its blocks are population."""

    member: Member
    options: Options
    about: About
    ends_exactly: bool

    def blocks(self) -> Iterator[Block]:
        """The commands that make the keyspace. Raises InputError, Cancelled."""
        if self.member.path is not None:
            yield from self._blocks_of(self.member.path)
            return
        folder = private_folder()
        try:
            unpacked = folder / "dump.rdb"
            self._unpack(unpacked)
            yield from self._blocks_of(unpacked)
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def _unpack(self, target: Path) -> None:
        left = MAX_RDB_BYTES
        with target.open("wb") as file:
            for piece in self.member.blocks():
                left -= len(piece)
                if left < 0:
                    raise too_large(self.member.name)
                file.write(piece)

    def _blocks_of(self, path: Path) -> Iterator[Block]:
        return population_blocks(
            path,
            self.member.name,
            self.options,
            self.about,
            ends_exactly=self.ends_exactly,
            should_stop=asking(self.member),
        )


def open_snapshot(members: Sequence[Member], options: Options) -> Reader:
    """A reader for one snapshot, or for the append-only file that begins with it."""
    member = members[0]
    end = _end(member)
    if end is None:
        return SnapshotReader(member, options, About(NAME, has_clock=False), ends_exactly=False)
    if end < sum(map(len, member.blocks())):
        return aof.open_aof(members, options)
    return SnapshotReader(member, options, About(NAME, has_clock=False), ends_exactly=True)


def _end(member: Member) -> int | None:
    """Where the snapshot ends by its checksum; None without one that fits, which is for the engine to judge."""
    with contextlib.suppress(InputError):
        return snapshot_end(member)
    return None


FORMAT = Format(
    name=NAME,
    title="RDB snapshot",
    expected=EXPECTED,
    recognised=begins_snapshot,
    open=open_snapshot,
)
