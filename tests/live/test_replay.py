"""Replays on real engines: what is measured is exact where it must be, and says so where it is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine import measurement
from engine.cluster.binaries import Engine, choose
from engine.errors import Cancelled, InputError, Interrupted
from engine.progress import Progress
from engine.replay import resp
from engine.run import RunSpec, measure
from tests.engine.replay.recordings import line, read
from tests.engine.traces.reading_as_is import read_recording
from tests.live.conftest import Children

pytestmark = pytest.mark.live
MIXED = Path(__file__).parents[1] / "data" / "monitor" / "mixed_7.0.15.txt.gz"


def replayed_bytes(*commands: str) -> int:
    return sum(len(resp.command([word.encode() for word in command.split()])) for command in commands)


def test_the_real_recording_gives_the_same_data_written_each_time(tmp_path: Path, engine: Engine) -> None:
    read_recording(MIXED, tmp_path / "trace.parquet")
    runs = [
        measure(RunSpec(tmp_path / "trace.parquet", tmp_path / name, shards=2, engine=str(engine.path)))
        for name in ("a", "b")
    ]
    for run in runs:
        written = run.data_written
        assert written.bytes + written.protocol_bytes == written.offset_growth_bytes
        assert sum(shard.offset_growth_bytes for shard in written.shards) == written.offset_growth_bytes
        assert sum(written.by_command.values()) == sum(written.by_family.values()) == written.bytes
        assert sum(written.per_second) == written.bytes
        assert run.operations.sent + sum(run.operations.not_replayed.values()) == run.operations.recorded
        assert run.operations.errors == {"WRONGTYPE": 1}
        assert (run.engine.name, run.engine.version) == (engine.name, engine.version)
    assert runs[0].data_written.bytes == runs[1].data_written.bytes
    assert runs[0].memory.keys == runs[1].memory.keys
    assert measurement.from_json(measurement.to_json(runs[0])) == runs[0]


def test_effects_are_counted_and_not_requests(tmp_path: Path, engine: Engine) -> None:
    """By hand: a read, a refused and a repeated write replicate nothing; SET EX becomes SET PXAT."""
    trace = read(
        tmp_path,
        [
            line(0.0, "SET a 1"),
            line(0.1, "GET a"),
            line(0.2, "SET a 2 NX"),
            line(0.3, "SADD s x"),
            line(0.4, "SADD s x"),
            line(0.5, "DEL nothing"),
            line(0.6, "SET b 1 EX 3600"),
            line(0.7, "INCR c"),
        ],
    )
    result = measure(RunSpec(trace, tmp_path / "run", shards=1, engine=str(engine.path)))
    expiring = "SET b 1 PXAT 1234567890123"
    assert result.data_written.bytes == replayed_bytes("SET a 1", "SADD s x", expiring, "INCR c")
    assert result.data_written.by_command["INCR"] == replayed_bytes("INCR c")
    assert result.written_predicted is not None and result.written_predicted.bytes == result.data_written.bytes
    assert result.memory.keys == 4
    assert result.operations.ok == 8


def test_without_a_replica_of_its_own_the_primary_still_tells_every_byte_and_the_engine_is_the_chosen_one(
    tmp_path: Path,
) -> None:
    trace = read(tmp_path, [line(0, "SET a 1"), line(0.1, "SET b 1")])
    result = measure(RunSpec(trace, tmp_path / "run", shards=2, replicas=0))
    assert result.data_written.bytes == replayed_bytes("SET a 1", "SET b 1")
    assert result.snapshot.taken_on == "primary"
    assert result.snapshot.bytes > 0
    here, said = choose(), result.engine
    assert (said.name, said.version, said.allocator) == (here.name, here.version, here.allocator)


def test_expired_keys_are_gone_and_their_deletes_are_counted(tmp_path: Path, engine: Engine) -> None:
    lines = [line(0.0, f"SET short:{number} 1 PX 300") for number in range(20)] + [line(1.0, "SET long 1 EX 3600")]
    result = measure(RunSpec(read(tmp_path, lines), tmp_path / "run", shards=1, engine=str(engine.path)))
    assert result.memory.keys == 1
    deletes = sum(result.data_written.by_command.get(cmd, 0) for cmd in ("DEL", "UNLINK"))
    assert deletes in [
        sum(replayed_bytes(f"{verb} short:{number}") for number in range(20)) for verb in ("DEL", "UNLINK")
    ]


def test_transactions_scripts_and_standing_keys_work_together(tmp_path: Path) -> None:
    script = "return_redis.call('incr',KEYS[1])".replace("_", "\\x20")
    trace = read(
        tmp_path,
        [
            line(0.0, "HGET user:1 name"),
            line(0.1, "MULTI"),
            line(0.2, "INCR {t}a"),
            line(0.2, "SET {t}b 1"),
            line(0.2, "EXEC"),
            line(0.3, f"EVAL {script} 1 counter"),
            line(0.3, "incr counter", client="lua"),
        ],
    )
    result = measure(RunSpec(trace, tmp_path / "run", shards=3))
    assert result.operations.errors == {}
    assert (result.operations.sent, result.operations.ok) == (6, 6)
    assert {"MULTI", "EXEC", "INCR", "SET"} <= set(result.data_written.by_command)
    assert result.memory.keys == 4  # the hash that was read, two keys of the transaction, the counter
    assert any("were created before the replay" in sentence for sentence in result.assumptions)


def test_a_blocking_command_does_not_hold_up_the_run(tmp_path: Path) -> None:
    trace = read(
        tmp_path,
        [
            line(0.0, "BLPOP {q} 60"),
            line(0.3, "RPUSH {q} job", client="127.0.0.1:6000"),
            line(0.4, "SET {q}a 1", client="127.0.0.1:6000"),
        ],
    )
    result = measure(RunSpec(trace, tmp_path / "run", shards=1, replicas=0))
    assert result.operations.unanswered == 0
    assert result.memory.keys == 1
    assert "BLPOP" not in result.latency_us


def test_the_clock_can_run_faster(tmp_path: Path) -> None:
    trace = read(tmp_path, [line(0, "SET a 1"), line(8, "SET b 1")])
    result = measure(RunSpec(trace, tmp_path / "run", shards=1, replicas=0, speed=10))
    assert result.duration_s == pytest.approx(0.8)
    assert result.speed == 10


def test_a_dead_engine_in_mid_replay_interrupts_and_the_same_folder_goes_on(tmp_path: Path, children: Children) -> None:
    trace = read(tmp_path, [line(number / 20, f"SET key:{number} 1") for number in range(40)])
    spec = RunSpec(trace, tmp_path / "run", shards=2, replicas=0)
    phases: list[str] = []

    def kill_a_primary(progress: Progress) -> None:
        if progress.phase == "replay" and "replay" not in phases:
            engines = [each for each in children() if "server" in each.name()]
            engines[0].kill()
        phases.append(progress.phase)

    with pytest.raises(Interrupted, match="was killed by SIGKILL"):
        measure(spec, report=kill_a_primary)
    assert children() == []

    phases.clear()
    result = measure(spec, report=lambda progress: phases.append(progress.phase))
    assert result.memory.keys == 40
    assert "calibrate" not in phases  # finished in the first attempt and kept


def test_cancelling_in_mid_replay_ends_every_process(tmp_path: Path, children: Children) -> None:
    trace = read(tmp_path, [line(number, f"SET key:{number} 1") for number in range(60)])
    seen: list[str] = []
    with pytest.raises(Cancelled):
        measure(
            RunSpec(trace, tmp_path / "run", shards=1, replicas=0),
            report=lambda progress: seen.append(progress.phase),
            should_stop=lambda: "replay" in seen,
        )
    assert children() == []


def test_a_speed_of_nothing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"speed: 0\.0 is not a speed"):
        measure(RunSpec(tmp_path / "none", tmp_path / "run", speed=0.0))


def test_the_engine_running_out_of_memory_is_said_plainly(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A real engine with a real limit of 24 MiB; the check before booting is told a smaller need than there is."""
    monkeypatch.setattr("engine.cluster.local._check_memory", lambda spec: 24 << 20)
    large = [line(1 + number / 50, f"SET key:{number} {'x' * 2_000_000}") for number in range(30)]
    trace = read(tmp_path, [line(0, "GET key:0"), *large])
    with pytest.raises(InputError, match="more than the memory its nodes were given"):
        measure(RunSpec(trace, tmp_path / "run", shards=1, replicas=0))
