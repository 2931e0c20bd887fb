"""The window of a plan: what is ahead is asked for once, what is behind is let go once, and every byte can still be read."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from engine.replay.files import Mapped
from engine.replay.window import AHEAD_UNITS, BEHIND_UNITS, Part, Window

PAGE = 4096


@dataclass
class Position:
    """Where a player is."""

    unit: int = 0
    parts: tuple[Part, ...] = field(default=())


def mapped(folder: Path, items: int, *, writable: bool = False) -> Mapped:
    path = folder / "items.bin"
    np.arange(items, dtype=np.int64).tofile(path)
    return Mapped.open(path, np.int64, writable=writable)


def resident(mapping: Mapped) -> int:
    """Bytes of the mapping this process has resident, as the kernel counts them."""
    wanted, found = f"{mapping.array.ctypes.data:x}-", False
    for line in Path("/proc/self/smaps").read_text().splitlines():
        found = line.startswith(wanted) or (found and not line[0].isdigit())
        if found and line.startswith("Rss:"):
            return 1024 * int(line.split()[1])
    raise AssertionError("not mapped")


def test_bytes_that_were_let_go_are_read_again_when_they_are_wanted(tmp_path: Path) -> None:
    mapping = mapped(tmp_path, 100 * PAGE // 8, writable=True)
    mapping.read_ahead(0, 100 * PAGE)
    mapping.array[5] = 77
    assert resident(mapping) == 100 * PAGE
    mapping.let_go(0, 90 * PAGE + 17)
    assert resident(mapping) == 10 * PAGE
    assert (mapping.array[5], mapping.array[6]) == (77, 6)


def test_an_empty_file_has_nothing_to_read_or_to_let_go(tmp_path: Path) -> None:
    mapping = mapped(tmp_path, 0)
    part = Part(mapping, lambda unit: 8 * unit)
    Window((part,), lambda: 0, 0).look()
    assert (part.ahead_to, part.behind_to) == (0, 0)


def test_the_window_moves_with_the_player_and_never_back(tmp_path: Path) -> None:
    units, at = 4 * AHEAD_UNITS, Position()
    mapping = mapped(tmp_path, units)
    part = Part(mapping, lambda unit: 8 * unit)
    window = Window((part,), lambda: at.unit, units)
    seen = []
    for at.unit in (0, 10, BEHIND_UNITS + 1000, 3 * AHEAD_UNITS, 3 * AHEAD_UNITS - 5, units):
        window.look()
        seen.append((part.behind_to // 8, part.ahead_to // 8))
    assert seen == [
        (0, AHEAD_UNITS),
        (0, AHEAD_UNITS + 10),
        (1000, AHEAD_UNITS + BEHIND_UNITS + 1000),
        (3 * AHEAD_UNITS - BEHIND_UNITS, units),
        (3 * AHEAD_UNITS - BEHIND_UNITS, units),
        (units - BEHIND_UNITS, units),
    ]
    assert resident(mapping) <= 8 * (AHEAD_UNITS + 2 * BEHIND_UNITS)
    assert int(mapping.array.sum()) == units * (units - 1) // 2


def test_the_second_half_of_a_file_has_a_window_of_its_own(tmp_path: Path) -> None:
    mapping = mapped(tmp_path, 4096)
    part = Part(mapping, lambda unit: 8 * (2048 + unit))
    part.move(first=0, now=0, last=1024)
    assert (part.behind_to, part.ahead_to) == (8 * 2048, 8 * 3072)


def test_long_values_are_read_ahead_by_bytes_not_by_units(tmp_path: Path) -> None:
    part = Part(mapped(tmp_path, 1), lambda unit: unit << 20)
    part.move(first=0, now=0, last=1000)
    assert part.ahead_to == 1 << 26


def test_the_window_follows_by_itself_until_it_is_left(tmp_path: Path) -> None:
    units, at = 2 * AHEAD_UNITS, Position()
    part = Part(mapped(tmp_path, units), lambda unit: 8 * unit)
    with Window((part,), lambda: at.unit, units):
        at.unit = units
        deadline = time.monotonic() + 10
        while part.behind_to < 8 * (units - BEHIND_UNITS) and time.monotonic() < deadline:
            time.sleep(0.01)
    assert part.behind_to == 8 * (units - BEHIND_UNITS)
