"""The plateau of a stored trace, read from its times to live."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.replay import lifetimes
from engine.traces.model import Flag, Operation, TraceHeader
from engine.traces.store import TraceWriter

SECOND = 1_000_000


def stored(path: Path, operations: list[Operation]) -> TraceHeader:
    header = TraceHeader("test", "test", "", 0, len(operations), 1, 100 * SECOND, 1, None)
    with TraceWriter(path, header) as writer:
        for operation in operations:
            writer.append(operation)
    return header


def operation(second: int, key: bytes | None, ttl_ms: int | None) -> Operation:
    return Operation(second * SECOND, 0, 0, "SET", key, None, None, None, None, ttl_ms, Flag.WRITE)


def test_only_writes_that_set_a_time_to_live_count(tmp_path: Path) -> None:
    operations = [
        each
        for second in range(100)
        for each in (
            operation(second, b"timed:%d" % second, 10_000),
            operation(second, b"lasting:%d" % second, None),
            operation(second, None, None),
        )
    ]
    found = lifetimes.of_trace(tmp_path / "trace", stored(tmp_path / "trace", operations))
    assert found is not None
    assert (found.state, found.live_keys, found.window_s, found.recorded_s) == ("reached", 9, 10.0, 100.0)


def test_a_trace_without_times_to_live_has_no_plateau(tmp_path: Path) -> None:
    assert lifetimes.of_trace(tmp_path / "trace", stored(tmp_path / "trace", [operation(0, b"key", None)])) is None


def test_beyond_what_is_kept_a_share_of_the_keys_stands_for_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lifetimes, "_MOST", 2_000)
    operations = [operation(number // 200, b"key:%d" % number, 1_000_000) for number in range(20_000)]
    found = lifetimes.of_trace(tmp_path / "trace", stored(tmp_path / "trace", operations))
    assert found is not None
    assert found.live_keys == pytest.approx(20_000, rel=0.15)
    assert found.plateau_keys == pytest.approx(200_000, rel=0.15)
