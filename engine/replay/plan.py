"""A replay, made ready before the clock starts: every byte encoded once, in one file, with an index beside it.

The player maps the files instead of reading them, so memory stays flat however long the recording is. A *unit* is what is
sent in one piece: one command, or a whole transaction.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt

OTHER, READ, WRITE = 0, 1, 2
ORDERED = 3  # keeps its place among the writes of its slot and is none: WATCH
NORMAL, BLOCKING, WATCHING, SUBSCRIBED = 0, 1, 2, 3  # beyond NORMAL the client has a connection of its own
NO_SLOT = -1

INDEX = np.dtype(
    [
        ("due_ns", "<i8"),  # since the start of the replay
        ("start", "<i8"),  # in the payload
        ("length", "<i4"),
        ("client", "<i4"),  # recorded connection
        ("replies", "<i4"),
        ("operations", "<i4"),  # recorded operations in this unit
        ("slot", "<i2"),  # NO_SLOT: any shard
        ("kind", "<i2"),  # index into `kinds`
        ("role", "u1"),
        ("lane", "u1"),
    ]
)
Index = npt.NDArray[np.void]
BLOCK = 1 << 16
_BUFFERED_UNITS = 1 << 16


@dataclass(frozen=True, slots=True)
class PlanFacts:
    """What is known of a plan as a whole. `kinds` names the command of each kind; what is long has a file of its own."""

    units: int
    operations: int
    clients: int
    duration_ns: int
    kinds: tuple[str, ...]
    not_replayed: Mapping[str, int]
    hottest_slot: int | None
    hottest_slot_share: float | None
    hottest_key_share: float | None
    speed: float
    written_for_ms: int
    notes: tuple[str, ...] = ()
    resp3_shared: tuple[int, ...] = ()  # shared connections that speak RESP3
    resp3_own: tuple[int, ...] = ()  # clients with a connection of their own that do

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """The inverse of `dataclasses.asdict`."""
        lists = {name: tuple(data.get(name, ())) for name in ("kinds", "notes", "resp3_shared", "resp3_own")}
        return cls(**{**data, **lists})


@dataclass(frozen=True, slots=True)
class PlanFiles:
    """Where the parts of a plan lie."""

    folder: Path

    @property
    def payload(self) -> Path:
        """Encoded commands, one after another."""
        return self.folder / "payload.bin"

    @property
    def index(self) -> Path:
        """One INDEX record a unit."""
        return self.folder / "index.bin"

    @property
    def facts(self) -> Path:
        """PlanFacts as JSON; written last, so its presence says the plan is whole."""
        return self.folder / "plan.json"

    @property
    def deadlines(self) -> Path:
        """Expiry times (int64 ns since the start of the replay, whole ms) the recording sets near its end."""
        return self.folder / "deadlines.npy"

    @property
    def patches(self) -> Path:
        """PATCH records: the Unix times in the payload (`patches.py`)."""
        return self.folder / "patches.bin"

    @property
    def records(self) -> Path:
        """Sent and done times of every unit, written by the player."""
        return self.folder / "records.bin"

    def read_facts(self) -> PlanFacts:
        """The facts of a finished plan."""
        return PlanFacts.from_json(json.loads(self.facts.read_text()))

    def write_facts(self, facts: PlanFacts) -> None:
        """Finish the plan."""
        self.facts.write_text(json.dumps(dataclasses.asdict(facts)))

    def read_index(self) -> Index:
        """The index, mapped."""
        if not self.index.stat().st_size:
            return np.empty(0, dtype=INDEX)
        return np.memmap(self.index, dtype=INDEX, mode="r")

    def blocks(self, units: int = BLOCK) -> Iterator[Index]:
        """The index, so many units at a time and none of them kept: memory stays flat."""
        with self.index.open("rb") as file:
            while block := file.read(INDEX.itemsize * units):
                yield np.frombuffer(block, dtype=INDEX)


@dataclass(slots=True)
class PlanWriter:
    """Appends units to a plan's files; keeps only the last 65,536 index records in memory."""

    files: PlanFiles
    position: int = 0
    units: int = 0
    _rows: list[tuple[int, ...]] = field(default_factory=list)
    _pieces: list[bytes] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.files.folder.mkdir(parents=True, exist_ok=True)
        self.files.payload.write_bytes(b"")
        self.files.index.write_bytes(b"")

    def append(
        self,
        payload: bytes,
        *,
        due_ns: int,
        client: int,
        slot: int,
        kind: int,
        role: int,
        replies: int = 1,
        operations: int = 1,
        lane: int = NORMAL,
    ) -> int:
        """Add one unit; answers where its payload starts."""
        start = self.position
        self._pieces.append(payload)
        self._rows.append((due_ns, start, len(payload), client, replies, operations, slot, kind, role, lane))
        self.position += len(payload)
        self.units += 1
        if len(self._rows) >= _BUFFERED_UNITS:
            self.flush()
        return start

    def flush(self) -> None:
        """Write what is buffered."""
        with self.files.payload.open("ab") as payload, self.files.index.open("ab") as index:
            payload.write(b"".join(self._pieces))
            index.write(np.array(self._rows, dtype=INDEX).tobytes())
        self._rows.clear()
        self._pieces.clear()
