"""What clusters answer about themselves, in the shapes that real services answer in."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from engine.cluster.external.cluster import MOST_SHARDS, ShardMap, _require_few, of_shards, of_slots
from engine.cluster.external.node import ASKED, parse_info
from engine.cluster.external.target import Endpoint, parse_target
from engine.errors import InputError
from engine.recording.address import Address
from engine.replay.external.player import HostRouter
from engine.replay.router import Redirect, parse_redirect

ASKED_NODE = Address("clustercfg.shop.memorydb.eu-west-1.amazonaws.com", 6379)
ONE, TWO = (f"shop-000{n}-001.shop.memorydb.eu-west-1.amazonaws.com" for n in (1, 2))


def test_slots_with_host_names_replicas_and_a_shard_of_two_ranges() -> None:
    reply: list[Any] = [
        [8192, 16383, [TWO.encode(), 6379, b"id2", []], [b"replica", 6379, b"id3", []]],
        [0, 99, [ONE.encode(), 6379, b"id1", []]],
        [100, 8191, [ONE.encode(), 6379, b"id1", []]],
    ]
    assert of_slots(reply, ASKED_NODE) == [
        ShardMap(Address(ONE, 6379), ((0, 99), (100, 8191)), 0),
        ShardMap(Address(TWO, 6379), ((8192, 16383),), 1),
    ]


@pytest.mark.parametrize("name", [None, b"", b"?"])
def test_a_node_that_does_not_know_its_name_is_the_one_that_was_asked(name: bytes | None) -> None:
    [shard] = of_slots([[0, 16383, [name, 7000, b"id"]]], ASKED_NODE)
    assert shard.primary == Address(ASKED_NODE.host, 7000)


def test_shards_leave_out_failed_nodes_and_take_the_tls_port() -> None:
    def node(role: bytes, health: bytes, host: str) -> list[Any]:
        return [b"role", role, b"health", health, b"endpoint", host.encode(), b"port", 6379, b"tls-port", 6380]

    nodes = [node(b"master", b"fail", "gone"), node(b"master", b"online", ONE), node(b"replica", b"online", TWO)]
    reply = [
        [b"slots", [0, 5, 7, 16383], b"nodes", nodes],
        [b"slots", [], b"nodes", [node(b"master", b"online", "new")]],
    ]
    assert of_shards(reply, ASKED_NODE, tls=True) == [ShardMap(Address(ONE, 6380), ((0, 5), (7, 16383)), 1)]


def test_a_server_may_not_name_thousands_of_shards_to_connect_to() -> None:
    found = [ShardMap(Address(ONE, port + 1), ((port, port),), 0) for port in range(MOST_SHARDS + 1)]
    _require_few(found[:-1], ASKED_NODE)
    with pytest.raises(InputError, match="names 501 shards"):
        _require_few(found, ASKED_NODE)


def router() -> HostRouter:
    nodes = [Endpoint(Address(ONE, 6379), "10.0.0.1"), Endpoint(Address(TWO, 6379), "10.0.0.2")]
    return HostRouter([0] * 8192 + [1] * 8192, nodes)


@pytest.mark.parametrize("host", [TWO, "10.0.0.2"])
def test_a_redirection_is_followed_by_host_where_all_ports_are_the_same(host: str) -> None:
    route = router()
    moved = parse_redirect(f"MOVED 5 {host}:6379")
    assert moved is not None
    assert route.follow(moved) == 1
    assert (route.shard(5, 0), route.shard(6, 0)) == (1, 0)


def test_a_redirection_to_a_node_that_was_never_judged_is_not_followed() -> None:
    assert router().follow(Redirect(asking=False, slot=5, port=6379, host="169.254.169.254")) is None
    assert router().follow(Redirect(asking=False, slot=5, port=6379)) is None  # whose port? both have it


def test_info_is_read_with_its_fields_of_fields() -> None:
    text = "# Memory\r\nused_memory:12\r\nmem_allocator:libc\r\ncmdstat_get:calls=2,usec=3\r\n"
    assert parse_info(text) == {
        "used_memory": "12",
        "mem_allocator": "libc",
        "cmdstat_get": {"calls": "2", "usec": "3"},
    }


def test_the_commands_we_ask_ourselves_change_nothing_but_unlink_own_keys() -> None:
    assert {"PING", "INFO", "CLUSTER SLOTS", "CLUSTER SHARDS", "DBSIZE", "SCAN", "MEMORY USAGE", "UNLINK"} == ASKED


@pytest.mark.parametrize("url", ["rediss://app:s3cr3t-word@cache.example:7000", "redis://:s3cr3t-word@cache.example"])
def test_the_password_is_never_shown(url: str) -> None:
    target = parse_target(url, {})
    assert target.access.password == "s3cr3t-word"
    for shown in (str(target), repr(target), f"{target}", f"{target.access}"):
        assert "s3cr3t-word" not in shown
    assert ":***@cache.example" in str(target)


def test_the_password_may_come_from_the_environment() -> None:
    target = parse_target("rediss://app@cache.example", {"HEADROOM_TARGET_PASSWORD": "quiet"})
    assert (str(target), target.access.password) == ("rediss://app:***@cache.example:6379", "quiet")


@pytest.mark.parametrize(
    ("url", "ca", "message"),
    [
        ("http://app:s3cr3t-word@x", None, "scheme 'http'"),
        ("rediss://app:s3cr3t-word@", None, "names no host"),
        ("redis://app:s3cr3t-word@x:port", None, "is no URL"),
        ("unix:///run/s3cr3t-word.sock", None, "socket of this machine"),
        ("redis://app:s3cr3t-word@x", Path("ca.pem"), "--ca: is given for a connection without TLS"),
    ],
)
def test_what_cannot_be_a_target_is_refused_without_repeating_it(url: str, ca: Path | None, message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        parse_target(url, {}, ca=ca)
    assert "s3cr3t-word" not in str(caught.value)
