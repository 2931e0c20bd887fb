"""What a snapshot says of itself before its first key."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import InputError
from engine.traces.snapshots.head import Head, begins_snapshot, read_head

DATA = Path(__file__).parents[2] / "data" / "rdb"
AUX = b"\xfa"


def head_of(folder: Path, data: bytes) -> Head:
    path = folder / "dump.rdb"
    path.write_bytes(data)
    return read_head(path, "dump.rdb")


def test_the_head_of_a_real_file() -> None:
    head = read_head(DATA / "hdt_valkey_hash2_with_hfe.rdb", "x")
    assert (head.magic, head.version) == ("VALKEY080", 80)
    assert head.producer == "Valkey 9.0.1"
    assert head.taken_unix_s == 1_769_706_047
    assert head.fields["redis-bits"] == "64"


def test_an_old_file_says_only_its_version() -> None:
    head = read_head(DATA / "redis_encodings.rdb", "x")
    assert (head.magic, head.version, head.fields) == ("REDIS0004", 4, {})
    assert head.producer is None
    assert head.taken_unix_s is None


def test_lengths_and_numbers_of_all_sizes_are_read(tmp_path: Path) -> None:
    fields = [
        (b"\x01a", b"\xc0\x07"),
        (b"\x01b", b"\xc1\x2c\x01"),
        (b"\x01c", b"\xc2\x00\x00\x01\x00"),
        (b"\x40\x01d", b"\x80\x00\x00\x00\x02xy"),
    ]
    head = head_of(tmp_path, b"REDIS0011" + b"".join(AUX + name + value for name, value in fields) + b"\xfe\x00")
    assert head.fields == {"a": "7", "b": "300", "c": "65536", "d": "xy"}


def test_a_compressed_or_cut_field_ends_the_head(tmp_path: Path) -> None:
    assert head_of(tmp_path, b"REDIS0011" + AUX + b"\x01a\x01b" + AUX + b"\x01c\xc3\x01").fields == {"a": "b"}
    assert head_of(tmp_path, b"REDIS0011" + AUX + b"\x01a\x20b").fields == {}


@pytest.mark.parametrize("data", [b"", b"REDIS", b"REDIS00x1", b"VALKEY08", b"*1\r\n$4\r\nPING\r\n"])
def test_what_does_not_begin_so_is_no_snapshot(tmp_path: Path, data: bytes) -> None:
    assert not begins_snapshot(data)
    with pytest.raises(InputError, match=r"dump\.rdb, byte 0: not an RDB snapshot\."):
        head_of(tmp_path, data)


@given(st.binary(max_size=300))
@settings(max_examples=100, deadline=None)
def test_no_field_can_break_the_head(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    head = head_of(tmp_path_factory.getbasetemp(), b"REDIS0011" + AUX + data)
    assert all(name.isprintable() and value.isprintable() for name, value in head.fields.items())
