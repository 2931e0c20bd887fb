"""Hash tables by hand: when they double, what a slot pays, and what keys spread by chance pay on average."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.memory.layout import BUCKETS_OF_SEVEN, DICT, layout_of
from engine.memory.tables import (
    dict_buckets,
    expected_tables,
    linked_buckets,
    seven_buckets,
    table_bytes,
    tables_of_marked,
    tables_of_slots,
)

OLD, NEW = layout_of("redis", "7.0.15"), layout_of("valkey", "9.1.2")


@pytest.mark.parametrize(
    ("name", "version", "table", "per_slot"),
    [
        ("redis", "6.2.5", DICT, False),
        ("redis", "7.2.4", DICT, False),
        ("redis", "7.4.1", DICT, True),
        ("valkey", "7.2.6", DICT, False),
        ("valkey", "8.0.1", DICT, True),
        ("valkey", "8.1.0", BUCKETS_OF_SEVEN, True),
        ("valkey", "unstable", BUCKETS_OF_SEVEN, True),
    ],
)
def test_every_version_has_its_layout(name: str, version: str, table: str, per_slot: bool) -> None:
    found = layout_of(name, version)
    assert (found.table, found.per_slot) == (table, per_slot)


def test_without_a_cluster_there_is_one_table() -> None:
    assert not layout_of("valkey", "9.1.2", cluster=False).per_slot


@pytest.mark.parametrize(("entries", "buckets"), [(1, 4), (4, 4), (5, 8), (131_072, 131_072), (131_073, 262_144)])
def test_a_dict_doubles_when_it_is_full(entries: int, buckets: int) -> None:
    assert dict_buckets(entries) == buckets


@pytest.mark.parametrize(("entries", "buckets"), [(1, 1), (7, 1), (8, 2), (14, 2), (15, 4), (29, 8)])
def test_a_hashtable_doubles_beyond_seven_for_each_bucket(entries: int, buckets: int) -> None:
    assert seven_buckets(entries) == buckets


def test_eight_entries_in_two_buckets_need_a_third_only_when_all_fall_into_one() -> None:
    assert linked_buckets(8, 2) == pytest.approx(2 * 0.5**8)
    assert linked_buckets(7, 1) == 0


def test_a_slots_table_is_its_struct_and_its_buckets() -> None:
    assert table_bytes(3, NEW, "libc") == 104 + 72
    assert table_bytes(3, NEW, "jemalloc-5.3.0") == 96 + 64
    assert table_bytes(5, OLD, "jemalloc-5.3.0") == 8 * 8
    assert table_bytes(0, NEW, "libc") == 0


def test_per_slot_tables_are_paid_for_slots_with_a_key() -> None:
    counts = np.array([0, 1, 7, 0, 2])
    assert tables_of_slots(counts, NEW, "libc") == 3 * 176
    assert tables_of_slots(counts, OLD, "libc") == table_bytes(10, OLD, "libc")


def test_a_table_of_some_of_the_keys_is_there_when_one_of_them_is_in_it() -> None:
    counts = np.array([1, 1, 0])
    assert tables_of_marked(counts, 0.25, NEW, "libc") == pytest.approx(2 * 0.25 * 176)
    assert tables_of_marked(counts, 1.0, NEW, "libc") == 2 * 176
    assert tables_of_marked(counts, 0.0, NEW, "libc") == 0


def test_few_keys_have_a_slot_each() -> None:
    assert expected_tables(16.384, 16_384, NEW, "libc") == pytest.approx(16.384 * 176, rel=0.001)


def test_names_that_crowd_share_tables() -> None:
    alone, crowded = (expected_tables(20_000, 16_384, NEW, "libc", spread) for spread in (1.0, 2.0))
    assert crowded < alone < 16_384 * 176


@settings(max_examples=20)
@given(st.integers(1, 60_000), st.integers(0, 99))
def test_what_is_expected_is_what_chance_gives(keys: int, seed: int) -> None:
    slots = 4096
    draws = np.random.default_rng(seed).multinomial(keys, [1 / slots] * slots, size=30)
    drawn = float(np.mean([tables_of_slots(counts, NEW, "libc") for counts in draws]))
    assert expected_tables(keys, slots, NEW, "libc") == pytest.approx(drawn, rel=0.02, abs=500)
