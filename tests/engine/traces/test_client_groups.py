"""Connections are sorted into groups by the name they gave themselves, else by their address without the port."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.traces.annotating import client_groups
from engine.traces.annotating.client_groups import ClientGroups, address
from tests.engine.traces import monitor_writing as writing
from tests.engine.traces.reading_as_is import read_recording


@pytest.mark.parametrize(
    ("client", "expected"),
    [
        (b"10.0.0.7:51234", "10.0.0.7"),
        (b"[::1]:49436", "::1"),
        (b"[fe80::1%eth0]:49436", "fe80::1%eth0"),
        (b"unix:/run/redis/r.sock", "unix:/run/redis/r.sock"),
        (b"lua", "lua"),
        (b"", "others"),
        (b"a\x00\xff:1", "a?\\xff"),
    ],
)
def test_an_address_is_a_client_without_its_port(client: bytes, expected: str) -> None:
    assert address(client) == expected


def test_connections_of_one_address_are_one_group() -> None:
    assert ClientGroups().of([b"a:1", b"b:1", b"a:2"]) == (("a", "b"), (0, 1, 0))


def test_addresses_beyond_the_most_told_apart_share_a_group(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_groups, "MOST_GROUPS", 2)
    assert ClientGroups().of([b"a:1", b"b:1", b"c:1", b"d:1", b"a:2"]) == (("a", "b", "others"), (0, 1, 2, 2, 0))


def test_nothing_known_of_clients_makes_no_groups() -> None:
    assert ClientGroups().of([]) == ((), ())


def test_a_connection_that_named_itself_belongs_to_its_name(tmp_path: Path) -> None:
    lines = [
        writing.line(1, [b"client", b"setname", b"checkout"], b"10.0.0.1:1"),
        writing.line(2, [b"GET", b"a"], b"10.0.0.1:1"),
        writing.line(3, [b"GET", b"a"], b"10.0.0.1:2"),
        writing.line(4, [b"CLIENT", b"SETNAME"], b"10.0.0.2:2"),
    ]
    source = writing.write(tmp_path / "recording", lines)
    header = read_recording(source, tmp_path / "trace.parquet")
    assert (header.groups, header.group_of) == (("checkout", "10.0.0.1", "10.0.0.2"), (0, 1, 2))
