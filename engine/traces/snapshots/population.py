"""A snapshot as the commands that make its keyspace again: what a replay starts from, and what stands in memory.

A real engine loads the snapshot; keys are read from it in constant memory, a thousand at a time.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from engine.errors import InputError
from engine.progress import Report, ShouldStop, ignore, never, stop_if_asked
from engine.traces.block import BLOCK_COMMANDS, Block, Command, block_of
from engine.traces.formats.reader import About, Options
from engine.traces.snapshots.commands import KeyCommands, Words
from engine.traces.snapshots.keys import databases, key_batches
from engine.traces.snapshots.loading import Loaded, loaded
from engine.traces.snapshots.statistics import KeyspaceStatistics, Patterns

_BLOCK_BYTES = 8 << 20
_HIGHEST_DB = (1 << 15) - 1


def population_blocks(
    path: Path,
    name: str,
    options: Options,
    about: About,
    *,
    ends_exactly: bool = False,
    report: Report = ignore,
    should_stop: ShouldStop = never,
) -> Iterator[Block]:
    """Blocks of population commands for the snapshot at `path`, which messages call `name`.

    `ends_exactly`: the file ends where the snapshot ends, by its checksum; then keys whose time is over since it was
    made are kept, where the engine can. All commands are at time 0 on connection 0; times to live are relative (PX,
    PEXPIRE, HPEXPIRE), counted from the time of the snapshot. When exhausted, `about` has the statistics in `keyspace`,
    the producer in `engine_version`, and what was left out in `skipped` and `notes`. Raises InputError when no engine
    here loads the file, Cancelled.
    """
    loading = loaded(path, name, options.engine, ends_exactly=ends_exactly, report=report, should_stop=should_stop)
    with loading as snapshot:
        reading = _Reading(snapshot, options, name)
        for block in reading.blocks():
            stop_if_asked(should_stop)
            yield block
        reading.tell(about)


@dataclass(slots=True)
class _Gathered:
    """Commands on their way into a block."""

    rows: list[Command] = field(default_factory=list)
    size: int = 0

    def add(self, db: int, words: Words) -> bool:
        """Take a command; True when it is time to make a block."""
        self.rows.append((0, 0, db, False, words))
        self.size += sum(map(len, words))
        return len(self.rows) >= BLOCK_COMMANDS or self.size >= _BLOCK_BYTES

    def block(self) -> Block:
        made = block_of(self.rows, population=True)
        self.rows, self.size = [], 0
        return made


class _Reading:
    def __init__(self, snapshot: Loaded, options: Options, name: str) -> None:
        self.snapshot = snapshot
        self.server = snapshot.server
        self.databases = databases(snapshot.server)
        if any(db > _HIGHEST_DB for db in self.databases):
            raise InputError("its databases have too high numbers.", source=name, expected=f"at most {_HIGHEST_DB}.")
        taken_s = snapshot.head.taken_unix_s
        self.taken_unix_ms = (int(time.time()) if taken_s is None else taken_s) * 1000
        self.statistics = KeyspaceStatistics(Patterns(options), self.taken_unix_ms)
        self.commands = KeyCommands(self.server, self.taken_unix_ms, self._has_field_ttls())

    def blocks(self) -> Iterator[Block]:
        gathered = _Gathered()
        for db in self.databases:
            for keys in key_batches(self.server, db):
                self.statistics.add(keys)
                for words in self.commands.of(keys):
                    if gathered.add(db, words):
                        yield gathered.block()
        if gathered.rows:
            yield gathered.block()

    def tell(self, about: About) -> None:
        """Say what was learned, once everything is read."""
        about.skipped.update(self.commands.skipped)
        dropped = int(self.server.info(b"persistence").get("rdb_last_load_keys_expired", "0"))
        if dropped:
            about.skipped["keys whose time was over when the engine loaded the snapshot"] += dropped
        about.notes = (*about.notes, *self.snapshot.notes, *self._notes(dropped))
        about.engine_version = about.engine_version or self.snapshot.head.producer
        about.keyspace = {**self._origin(), **self.statistics.to_json()}

    def _origin(self) -> dict[str, Any]:
        memory = self.server.info(b"memory")
        return {
            "snapshot_version": self.snapshot.head.magic,
            "producer": self.snapshot.head.producer,
            "taken_unix_s": self.snapshot.head.taken_unix_s,
            "engine": self.server.engine.title,
            "used_bytes": int(memory["used_memory"]),
            "startup_bytes": int(memory["used_memory_startup"]),
            "libraries": int(memory.get("number_of_libraries", "0")),
        }

    def _notes(self, dropped: int) -> Iterator[str]:
        engine = self.server.engine.title
        yield f"{engine} loaded the snapshot ({self.snapshot.head.magic}, {self.statistics.total.keys:,} keys)."
        if dropped:
            yield f"{engine} drops keys whose time is over today: {dropped:,} keys of the snapshot are missing."
        if self.snapshot.head.taken_unix_s is None and self.statistics.total.with_ttl:
            yield "The snapshot does not say when it was made: times to live are counted from today."
        if libraries := int(self.server.info(b"memory").get("number_of_libraries", "0")):
            yield f"{libraries:,} function libraries of the snapshot are not part of the population."

    def _has_field_ttls(self) -> bool:
        return any(each.get("keys_with_volatile_items") or each.get("subexpiry") for each in self.databases.values())
