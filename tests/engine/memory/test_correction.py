"""What one key would take under another allocator, by hand: known requests exactly, unknown ones within their size class."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.cluster.binaries import Engine
from engine.measurement import ShardTables
from engine.memory.allocators import JEMALLOC, JEMALLOC_8, LIBC, usable
from engine.memory.correction import Corrected, of_key
from engine.memory.layout import layout_of
from engine.replay.collecting_allocator import derived_correction

VALKEY, REDIS = layout_of("valkey", "9.1.2"), layout_of("redis", "7.0.15")


def test_a_short_value_in_valkey_is_one_allocation_of_which_the_class_is_known() -> None:
    # 56 bytes of libc were asked for as 41 to 56; jemalloc gives 48 for eight of these sizes and 56 for the other eight.
    assert of_key("embstr", 56, 13, VALKEY, LIBC) == Corrected(56, 52, 48, 56)
    assert of_key("embstr", 56, 13, VALKEY, LIBC, JEMALLOC) == Corrected(56, 56, 48, 64)


def test_a_long_value_in_valkey_is_the_name_and_the_value() -> None:
    # The object with a name of 13: 32 bytes, 40 with a time to live. The value: 104 bytes, asked for as 89 to 104.
    found = of_key("raw", 144, 13, VALKEY, LIBC)
    assert found.measured == 144
    assert (found.low, found.high) == (32 + 96, 40 + 112)
    assert found.likely == 36 + 104  # eight sizes give 96, eight give 112


def test_a_key_of_redis_is_its_entry_its_name_its_object_and_its_value() -> None:
    # MEMORY USAGE counts the entry as 40 where jemalloc of distributions gave 48; name 15 -> 16; object 16; value 112.
    found = of_key("raw", 40 + 16 + 16 + 112, 13, REDIS, "jemalloc-5.3.0")
    assert found == Corrected(48 + 16 + 16 + 112, 40 + 16 + 16 + 112, 40 + 16 + 16 + 112, 40 + 16 + 16 + 112)


def test_an_integer_of_redis_has_no_value_of_its_own() -> None:
    assert of_key("int", 40 + 16 + 16, 13, REDIS, "jemalloc-5.3.0") == Corrected(80, 72, 72, 72)


@given(
    st.sampled_from(["int", "embstr", "raw", "listpack", "skiplist", "hashtable", "quicklist", "stream"]),
    st.integers(40, 100_000),
    st.integers(0, 200),
    st.sampled_from([VALKEY, REDIS]),
    st.sampled_from([LIBC, JEMALLOC]),
)
def test_the_likely_figure_lies_in_its_range(encoding: str, usage: int, name: int, layout: object, own: str) -> None:
    found = of_key(encoding, usage, name, layout, own, JEMALLOC_8)  # type: ignore[arg-type]  # a Layout
    assert 0 < found.low <= found.likely + 1e-6 <= found.high + 2e-6


@given(st.integers(1, 100_000), st.sampled_from([LIBC, JEMALLOC, JEMALLOC_8]))
def test_to_its_own_allocator_nothing_changes(asked: int, own: str) -> None:
    given_out = usable(asked, own)
    assert of_key("int", given_out, 13, VALKEY, own, own) == Corrected(given_out, given_out, given_out, given_out)


def test_tables_shrink_with_the_keys_and_the_range_allows_for_what_is_left_out() -> None:
    engine = Engine("redis", "7.0.15", "jemalloc-5.3.0", Path("redis-server"), "PATH")
    tables = (ShardTables(0, 16_384, 1_000, 1_000, 0),)
    found = derived_correction(engine, Corrected(80_000, 72_000, 72_000, 72_000), tables)
    # Two dicts of 1,024 buckets of 8 bytes (8,192 each), and 1,000 entries of 24: 32 there, 24 here.
    likely = (72_000 + 16_384 + 24_000) / (80_000 + 16_384 + 32_000)
    assert found is not None and found.tag == "derived"
    assert found.factor == pytest.approx(likely, abs=1e-4)
    assert found.low == pytest.approx(likely - 0.02, abs=1e-4)
    assert found.high == 1.0  # this build may have the finer step already


def test_nothing_weighed_and_an_unknown_allocator_give_no_correction() -> None:
    valkey = Engine("valkey", "9.1.2", "libc", Path("valkey-server"), "PATH")
    assert derived_correction(valkey, Corrected(), ()) is None
    other = Engine("valkey", "9.1.2", "mimalloc", Path("valkey-server"), "PATH")
    assert derived_correction(other, Corrected(1, 1, 1, 1), ()) is None
