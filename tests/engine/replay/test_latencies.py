"""A record on disk, read some units at a time, gives the figures of the record as a whole."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from engine.replay.latencies import by_class, by_role, latencies
from engine.replay.plan import BLOCKING, NORMAL, OTHER, READ, WRITE, PlanFacts, PlanFiles, PlanWriter
from engine.replay.records import RecordFile, read_records
from engine.stats import summary

KINDS = ("GET", "SET", "PING")
FACTS = PlanFacts(0, 0, 1, 0, KINDS, {}, None, None, None, 1.0, 0)
ROLES = {0: READ, 1: WRITE, 2: OTHER}
Unit = tuple[int, int, int, int, bool]  # kind, operations, sent, took (0: never answered), blocking
UNITS = st.lists(
    st.tuples(st.integers(0, 2), st.integers(1, 3), st.integers(1, 10**9), st.integers(0, 10**7), st.booleans()),
    max_size=40,
)


def played(folder: Path, units: list[Unit]) -> PlanFiles:
    files = PlanFiles(folder)
    writer = PlanWriter(files)
    for kind, operations, sent, _, blocking in units:
        lane = BLOCKING if blocking else NORMAL
        writer.append(
            b"x", due_ns=sent // 2, client=0, slot=0, kind=kind, role=ROLES[kind], operations=operations, lane=lane
        )
    writer.flush()
    times = [[sent for _, _, sent, _, _ in units], [sent + took if took else 0 for _, _, sent, took, _ in units]]
    np.array(times, dtype=np.int64).tofile(files.records)
    return files


def test_latencies_are_told_apart_by_role_and_by_command(tmp_path: Path) -> None:
    units = [(0, 1, 1000, 5_000, False), (1, 2, 2000, 9_000, False), (2, 1, 3000, 0, False), (1, 1, 4000, 70_000, True)]
    files = played(tmp_path, units)
    found = latencies(RecordFile(files, block=2), FACTS)
    assert {name: (each.response.max, each.service.max) for name, each in found.items()} == {
        "all": (10.0, 9.0),
        "read": (5.5, 5.0),
        "write": (10.0, 9.0),
        "GET": (5.5, 5.0),
        "SET": (10.0, 9.0),
    }
    assert by_class(files, FACTS) == {"all": 5, "read": 1, "write": 3, "GET": 1, "SET": 3, "PING": 1}


@given(UNITS, st.integers(1, 41), st.booleans())
def test_blocks_of_any_size_give_the_figures_of_the_whole(units: list[Unit], block: int, closed: bool) -> None:
    with TemporaryDirectory() as folder:
        files = played(Path(folder), units)
        recorded = RecordFile(files, closed, block)
        whole = read_records(files, closed=closed) if units else None
        chosen = (
            {}
            if whole is None
            else {"all": whole.kind >= 0} | {name: whole.kind == kind for kind, name in enumerate(KINDS)}
        )
        expected = {name: summary.latency(whole.only(mine)) for name, mine in chosen.items() if whole is not None}
        found = latencies(recorded, FACTS)
        assert {name: found.get(name) for name in expected} == expected
        assert by_role(recorded) == {name: found[name] for name in ("read", "write") if name in found}
        assert (found.get("read"), found.get("write")) == (found.get("GET"), found.get("SET"))
        assert sum(len(each.due_ns) for each in recorded.blocks()) == recorded.units == len(units)


def test_a_plan_without_units_has_no_record_to_read(tmp_path: Path) -> None:
    files = played(tmp_path, [])
    assert list(RecordFile(files).blocks()) == []
    assert latencies(RecordFile(files), FACTS) == {}
