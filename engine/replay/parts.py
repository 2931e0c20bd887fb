"""One plan as several, each with the units of one player, and their records as one again."""

from __future__ import annotations

import dataclasses
import os
import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from engine.replay.plan import INDEX, PlanFacts, PlanFiles
from engine.replay.splitting import Split, operations_by_client, share_out
from engine.replay.task import MAX_CLIENTS

AUTHORITY = "ca.pem"  # whom players trust for TLS
SHARED = ("payload.bin", "patches.bin", AUTHORITY)  # where a plan has them
_FEWEST_ROWS = 2  # sent and done


@dataclasses.dataclass(slots=True)
class Parts:
    """The parts of one plan: folders in its folder, gone when the records are one."""

    whole: PlanFiles
    split: Split
    merged: bool = False

    @property
    def folders(self) -> tuple[Path, ...]:
        """One a player."""
        return tuple(self.whole.folder / f"part-{player}" for player in range(self.split.players))

    def merge_records(self) -> None:
        """Put the times of every unit where they belong in the record of the whole."""
        files = [PlanFiles(folder) for folder in self.folders]
        counts = [each.index.stat().st_size // INDEX.itemsize for each in files]
        units = sum(counts)
        rows = _rows(files, counts)
        self.whole.records.write_bytes(b"")
        if not units:
            return
        merged = np.memmap(self.whole.records, dtype=np.int64, mode="w+", shape=(rows, units))
        own = [_table(each.records, rows, count) for each, count in zip(files, counts, strict=True)]
        taken, start = [0] * len(own), 0
        for block in self.whole.blocks():
            player_of = self.split.of(block)
            for player, table in enumerate(own):
                here = np.flatnonzero(player_of == player)
                merged[:, start + here] = table[:, taken[player] : taken[player] + len(here)]
                taken[player] += len(here)
            start += len(block)
        merged.flush()
        self.merged = True

    def finish(self) -> None:
        """Leave nothing of them but the record of the whole; of a player that was lost it has nothing."""
        if not self.merged:
            self.merge_records()
        for folder in self.folders:
            shutil.rmtree(folder, ignore_errors=True)


def make_parts(whole: PlanFiles, players: int) -> Parts:
    """Split a plan. What is not counted in units is shared, not copied."""
    parts = Parts(whole, share_out(operations_by_client(whole.blocks()), players))
    for old in whole.folder.glob("part-*"):
        shutil.rmtree(old)
    for folder in parts.folders:
        folder.mkdir()
        for name in SHARED:
            if (whole.folder / name).exists():
                os.link(whole.folder / name, folder / name)
    counts = _write_indexes(parts)
    facts = whole.read_facts()
    for player, folder in enumerate(parts.folders):
        PlanFiles(folder).write_facts(_own_facts(facts, parts.split, player, counts[player]))
    return parts


def _own_facts(facts: PlanFacts, split: Split, player: int, units: int) -> PlanFacts:
    """The facts of one part: connections under the numbers they have there."""
    return dataclasses.replace(
        facts,
        units=units,
        clients=split.connections(player),
        notes=(),
        resp3_shared=_speaking(facts, split, player),
        resp3_own=split.numbers(facts.resp3_own, player),
    )


def _speaking(facts: PlanFacts, split: Split, player: int) -> tuple[int, ...]:
    """The shared connections of a part on which most clients speak RESP3."""
    lanes = min(max(facts.clients, 1), MAX_CLIENTS)
    mine = np.flatnonzero(split.player_of == player)
    own_lanes = min(max(len(mine), 1), MAX_CLIENTS)
    speaking = mine[np.isin(mine % lanes, facts.resp3_shared)]
    of, speak = (np.bincount(split.number_of[each] % own_lanes, minlength=own_lanes) for each in (mine, speaking))
    return tuple(np.flatnonzero(speak * 2 > of).tolist())


def _write_indexes(parts: Parts) -> list[int]:
    split, counts = parts.split, [0] * parts.split.players
    files = [PlanFiles(folder).index for folder in parts.folders]
    for file in files:
        file.write_bytes(b"")
    for block in parts.whole.blocks():
        player_of = split.of(block)
        for player, file in enumerate(files):
            own = block[player_of == player]
            own["client"] = split.number_of[own["client"]]
            counts[player] += len(own)
            with file.open("ab") as out:
                out.write(own.tobytes())
    return counts


def _rows(files: Sequence[PlanFiles], counts: Sequence[int]) -> int:
    """How many times a record holds for each unit."""
    known = zip(files, counts, strict=True)
    return max((_size(each.records) // (8 * count) for each, count in known if count), default=0) or _FEWEST_ROWS


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _table(path: Path, rows: int, units: int) -> np.ndarray[tuple[int, ...], np.dtype[np.int64]]:
    if not units or _size(path) != 8 * rows * units:
        return np.zeros((rows, units), dtype=np.int64)
    return np.memmap(path, dtype=np.int64, mode="r", shape=(rows, units))
