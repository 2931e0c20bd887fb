"""From a measurement and answers to needs, with figures one can compute in the head."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from engine.measurement import Cpu, EngineIdentity, ShardTables, SlotLoad
from planner.sizing.model.answers import Answers
from planner.sizing.model.needs import HitPoint, Needs
from planner.sizing.needs import burst_factor, cpu_step, hit_rate, needs_of
from tests.planner.sizing.factories import make_curve, make_data_written, make_items, make_measurement, make_memory


def needs(answers: Answers | None = None, **overrides: object) -> Needs:
    return needs_of(make_measurement(**overrides), make_items(), make_curve(), answers or Answers())


def test_a_recording_of_the_peak_gives_the_average_by_division() -> None:
    found = needs(Answers(recording_is="peak", peak_to_average=2.0))
    assert (found.peak_reads_per_s, found.average_reads_per_s) == (600, 300)
    assert (found.peak_writes_per_s, found.average_writes_per_s) == (400, 200)


def test_a_recording_of_the_average_gives_the_peak_by_multiplication() -> None:
    found = needs(Answers(recording_is="average", peak_to_average=3.0))
    assert (found.peak_reads_per_s, found.average_reads_per_s) == (1800, 600)


def test_a_tenth_of_the_traffic_is_scaled_to_all_of_it() -> None:
    found = needs(Answers(traffic_share=0.1))
    assert found.peak_reads_per_s == pytest.approx(6_000)
    assert (found.keys, found.memory_bytes, found.snapshot_bytes) == (1_000_000, 200_000_000, 150_000_000)
    assert found.items.items == 1_000_000


def test_rates_come_from_the_recordings_clock_whatever_the_replay_took() -> None:
    assert needs(duration_s=10.0, speed=10.0) == needs() == needs(duration_s=101.7)


def test_without_a_recorded_duration_the_replay_and_its_speed_give_it() -> None:
    items = make_items(duration_us=0)
    found = needs_of(make_measurement(duration_s=10.0, speed=10.0), items, (), Answers())
    assert found.peak_reads_per_s == 600


def test_a_recording_of_one_instant_counts_as_a_second() -> None:
    items = make_items(duration_us=1)
    assert needs_of(make_measurement(), items, (), Answers()).peak_reads_per_s == 60_000


def test_memory_carries_the_allocators_range() -> None:
    found = needs()
    assert (found.memory_low_bytes, found.memory_bytes, found.memory_high_bytes) == (18_000_000, 20_000_000, 22_000_000)


def test_memory_of_a_tenth_carries_its_hash_tables_anew() -> None:
    shard = ShardTables(0, 16_384, 1_000, 0, 8_192)
    memory = make_memory(keyspace_bytes=108_192, keys=1_000, bytes_per_key=108.192, tables=(shard,))
    found = needs(Answers(traffic_share=0.1), memory=memory)
    assert (found.keys, found.memory_bytes) == (10_000, 1_000_000 + 16_384 * 8)


def test_a_shards_own_memory_is_what_it_used_when_empty() -> None:
    assert needs().shard_overhead_bytes == 3_000_000


def test_cpu_is_carried_as_a_ratio_to_the_calibration() -> None:
    cpu = make_measurement().cpu
    dearer = Cpu({"read": 16.0, "write": 18.0}, cpu.calibration_us_per_op, cpu.calibration, None)
    found = needs(cpu=dearer)  # GET takes 8 µs, SET 12 µs
    assert (found.cpu_read_ratio, found.cpu_write_ratio) == (1.9531, 1.5625)  # 2 and 1.5, in steps of a quarter


@pytest.mark.parametrize(
    ("measured", "carried"),
    [(0.93, 1.0), (1.0, 1.0), (1.149, 1.0), (1.151, 1.25), (1.43, 1.25), (1.44, 1.5625), (0.91, 0.8), (10.0, 9.3132)],
)
def test_what_repeated_runs_differ_by_does_not_move_the_cpu_ratio(measured: float, carried: float) -> None:
    assert cpu_step(measured) == carried


def test_operations_without_a_key_count_as_reads() -> None:
    assert needs(operations_by_class={"read": 50_000, "write": 40_000, "other": 10_000}) == needs()
    assert needs(operations_by_class={"all": 100_000, "read": 50_000, "write": 40_000}) == needs()


def test_replication_is_held_against_the_busiest_second() -> None:
    found = needs(data_written=make_data_written(bytes_per_s_peak=1_000_000.0))
    assert found.replicated_bytes_per_s_peak == 1_000_000
    assert found.replicated_bytes_per_s_average == 65_000  # 13 MB in 100 s, halved


def test_a_faster_replay_spreads_its_busiest_second_over_the_recorded_ones() -> None:
    found = needs(speed=10.0, data_written=make_data_written(bytes_per_s_peak=3_000_000.0))
    assert found.replicated_bytes_per_s_peak == 300_000


def test_a_hot_keys_share_shrinks_when_other_keys_were_left_out_of_the_recording() -> None:
    found = needs(Answers(traffic_share=0.1), slot_load=SlotLoad(0.5, 0.4, 7))
    assert found.hottest_key_share == pytest.approx(0.04)
    assert found.hottest_slot_share == pytest.approx(0.05 + 0.9 / 16384)


def test_no_keyed_operation_leaves_the_hottest_share_unknown() -> None:
    assert needs(slot_load=SlotLoad(None, None, None)).hottest_key_share is None


@pytest.mark.parametrize(
    ("name", "version", "likely", "high"),
    [
        ("redis", "7.0.15", 0, 0),
        ("valkey", "7.2.6", 0, 0),
        ("valkey", "8.0.1", 16, 16),
        ("valkey", "9.1.2", 36, 46),
        ("valkey", "unstable", 0, 0),
    ],
)
def test_keys_measured_on_a_newer_engine_take_more_on_an_older_one(
    name: str, version: str, likely: int, high: int
) -> None:
    found = needs(engine=EngineIdentity(name, version, "libc"))
    assert (found.older_layout_bytes, found.older_layout_high_bytes) == (likely * 100_000, high * 100_000)


def test_item_units_are_means_per_operation() -> None:
    found = needs_of(make_measurement(), make_items(write_units=60_000, read_units=30_000), (), Answers()).items
    assert (found.write_units_per_write, found.read_units_per_read) == (Decimal("1.5"), Decimal("0.5"))
    assert (found.writes_per_s, found.reads_per_s) == (200, 300)


def test_hit_rates_between_simulated_sizes_lie_on_a_line() -> None:
    curve = tuple(HitPoint(one.cache_bytes, one.cache_share, one.hit_rate) for one in make_curve())
    assert hit_rate(curve, 0.3) == pytest.approx(0.75)
    assert hit_rate(curve, 1.0) == 1.0
    assert hit_rate(curve, 0.05) == pytest.approx(0.3)
    assert hit_rate((), 0.5) is None


def test_a_burst_is_the_busiest_second_over_the_mean() -> None:
    series = replace(make_measurement().series, operations=(10, 10, 10, 10, 60))
    assert burst_factor(make_measurement(series=series)) == 3.0
    assert burst_factor(make_measurement(series=replace(series, operations=(1, 9)))) is None
