"""Memory of some keys carried to all: per-key bytes scaled, tables anew, and what is not known said so."""

from __future__ import annotations

import pytest

from engine.measurement import EngineIdentity, ShardTables
from engine.memory.extrapolation import extrapolate
from tests.planner.sizing.factories import make_memory

REDIS = EngineIdentity("redis", "7.0.15", "jemalloc-5.3.0")
VALKEY = EngineIdentity("valkey", "9.1.2", "libc")
TABLES = (ShardTables(0, 16_384, 1_000, 0, 8_192),)
SAMPLE = make_memory(keyspace_bytes=108_192, keys=1_000, bytes_per_key=108.192, tables=TABLES)


def test_every_key_measured_is_the_measurement() -> None:
    found = extrapolate(SAMPLE, REDIS, 1.0)
    assert (found.bytes, found.low_bytes, found.high_bytes, found.keys) == (108_192, 108_192, 108_192, 1_000)


def test_keys_are_scaled_and_the_table_is_worked_out_for_all() -> None:
    found = extrapolate(SAMPLE, REDIS, 0.1)
    assert (found.keys, found.tables_bytes, found.bytes) == (10_000, 16_384 * 8, 1_000_000 + 16_384 * 8)


def test_a_known_number_of_keys_is_believed_before_the_share() -> None:
    assert extrapolate(SAMPLE, REDIS, 0.1, keys=20_000).bytes == 2_000_000 + 32_768 * 8


def test_a_time_to_live_is_a_second_table() -> None:
    timed = make_memory(
        keyspace_bytes=116_384,
        keys=1_000,
        bytes_per_key=116.384,
        tables=(ShardTables(0, 16_384, 1_000, 1_000, 16_384),),
    )
    assert extrapolate(timed, REDIS, 0.1).tables_bytes == 2 * 16_384 * 8


def test_tables_paid_per_slot_do_not_scale() -> None:
    slots = (ShardTables(0, 16_384, 1_000, 0, 970 * 176),)
    sample = make_memory(keyspace_bytes=56_000 + 970 * 176, keys=1_000, bytes_per_key=226.72, tables=slots)
    found = extrapolate(sample, VALKEY, 0.01)
    assert found.bytes < 0.5 * sample.keyspace_bytes * 100
    assert found.bytes - found.tables_bytes == pytest.approx(5_600_000, abs=2)


def test_the_range_is_two_standard_errors_of_the_sample() -> None:
    sample = make_memory(
        keyspace_bytes=108_192, keys=1_000, bytes_per_key=108.192, tables=TABLES, key_bytes_deviation=108.192
    )
    counted = extrapolate(sample, REDIS, 0.1, keys=10_000)
    assert counted.error is not None
    assert counted.error == pytest.approx((0.9 / 1_000) ** 0.5)
    assert counted.high_bytes == pytest.approx(counted.bytes * (1 + 2 * counted.error), abs=1)
    # Not counted, how many keys fell into the sample is chance as well: here the same again in variance.
    assert extrapolate(sample, REDIS, 0.1).error == pytest.approx((2 * 0.9 / 1_000) ** 0.5)


def test_a_measurement_without_its_tables_is_divided_and_says_so() -> None:
    found = extrapolate(make_memory(), REDIS, 0.25)
    assert (found.bytes, found.keys, found.scaled, found.error) == (80_000_000, 400_000, True, None)


def test_an_empty_keyspace_stays_empty() -> None:
    empty = make_memory(keyspace_bytes=0, keys=0, bytes_per_key=None, tables=(ShardTables(0, 16_384, 0, 0, 0),))
    assert extrapolate(empty, VALKEY, 0.1, keys=0).bytes == 0


def test_crowding_beyond_chance_is_carried_on() -> None:
    def tables(dispersion: float) -> int:
        shard = (ShardTables(0, 16_384, 4_000, 0, 600_000, dispersion),)
        sample = make_memory(keyspace_bytes=1_000_000, keys=4_000, bytes_per_key=250.0, tables=shard)
        return extrapolate(sample, VALKEY, 0.1).tables_bytes

    assert tables(1.1) < tables(1.0) == tables(1.02)
