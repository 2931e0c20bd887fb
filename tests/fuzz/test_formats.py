"""Every reader, given what nobody meant to give it: its own error and no other, whole blocks, and little memory."""

from __future__ import annotations

import struct
import tracemalloc

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.traces.formats.reader import Format
from engine.traces.formats.registry import FORMATS
from tests.fuzz.harness import all_formats, read_all
from tests.fuzz.seeds import seeds_of

PURE = [format for format in all_formats() if format.name != "rdb"]  # a snapshot is read by starting an engine
MOST_BYTES = 48 << 20  # far below what reading may hold: inputs here are of one megabyte at most
_TOKENS = (
    b"\r\n",
    b"\n",
    b"\0",
    b'"',
    b"\\x",
    b",",
    b"$-1",
    b"*-1",
    b"$99999999999\r\n",
    b"*1000000000\r\n",
    b"\xff" * 8,
    b"9" * 20,
)
_FUZZING = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@st.composite
def _mutated(draw: st.DrawFn, seeds: list[bytes]) -> bytes:
    """A seed with some bytes changed, taken out, put in or repeated, and perhaps cut."""
    data = bytearray(draw(st.sampled_from(seeds)))
    for _ in range(draw(st.integers(0, 6))):
        at = draw(st.integers(0, len(data)))
        size = draw(st.integers(0, 40))
        put = draw(st.sampled_from(_TOKENS) | st.binary(max_size=6) | st.just(bytes(data[at : at + size])))
        data[at : at + draw(st.sampled_from([0, len(put), size]))] = put
    return bytes(data[: draw(st.sampled_from([len(data), len(data) // 2, max(0, len(data) - 3)]))])


def test_the_registry_has_every_format() -> None:
    assert sorted(format.name for format in FORMATS) == [format.name for format in all_formats()]


@pytest.mark.parametrize("format", PURE, ids=lambda format: format.name)
def test_seeds_are_read(format: Format) -> None:
    outcomes = [read_all(format, seed) for seed in seeds_of(format)]
    assert sum(outcome.commands for outcome in outcomes) > 0


@pytest.mark.parametrize("format", PURE, ids=lambda format: format.name)
@_FUZZING
@given(data=st.data())
def test_damaged_samples_raise_nothing_but_the_readers_own_error(format: Format, data: st.DataObject) -> None:
    read_all(format, data.draw(_mutated(seeds_of(format))), piece=data.draw(st.sampled_from([61, 1 << 20])))


@pytest.mark.parametrize("format", PURE, ids=lambda format: format.name)
@_FUZZING
@given(data=st.binary(max_size=200))
def test_arbitrary_bytes_raise_nothing_but_the_readers_own_error(format: Format, data: bytes) -> None:
    read_all(format, data)


HOSTILE = {
    "an array of a billion words": b"*1000000000\r\n$1\r\na\r\n",
    "arrays in arrays": b"*1\r\n" * 20_000,
    "a word of 100 GB": b"*2\r\n$3\r\nGET\r\n$107374182400\r\nabc",
    "a negative length": b"*1\r\n$-2147483648\r\n",
    "a length of twenty digits": b"*1\r\n$99999999999999999999\r\n",
    "a packet of 4 GB": bytes.fromhex("d4c3b2a1 02000400 00000000 00000000 00000400 01000000")
    + struct.pack("<IIII", 1, 1, 2**32 - 1, 1),
    "a capture block of 4 GB": bytes.fromhex("0a0d0d0a") + struct.pack("<II", 2**32 - 4, 0x1A2B3C4D) + bytes(40),
    "many empty words": b"*1000000\r\n" + b"$0\r\n\r\n" * 20_000,
    "a million commas": b"," * 1_000_000,
    "a million quotes": b"1718000000.123456 [0 127.0.0.1:50000] " + b'"' * 1_000_000,
    "a million backslashes": b'1,1,0,get,"' + b"\\" * 1_000_001 + b'",READ,1,string,1,1\n',
    "numbers beyond any column": b",".join([b"9" * 18] * 10) + b"\n",
}


@pytest.mark.parametrize("what", HOSTILE)
@pytest.mark.parametrize("format", PURE, ids=lambda format: format.name)
def test_hostile_lengths_cost_no_memory(format: Format, what: str) -> None:
    read_all(format, b"")  # compile and load what is needed once
    tracemalloc.start()
    try:
        read_all(format, HOSTILE[what])
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < MOST_BYTES


@pytest.mark.live
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_damaged_snapshots_raise_nothing_but_the_readers_own_error(data: st.DataObject) -> None:
    [snapshot] = [format for format in all_formats() if format.name == "rdb"]
    read_all(snapshot, data.draw(_mutated(seeds_of(snapshot, snapshots=True))))
