"""Which primaries there are: one for a standalone server, one a shard for a cluster, asked from any of its nodes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.errors import InputError
from engine.recording.address import Address
from engine.recording.connection import Connection, Refused

_FAILED = (b"fail", b"failed")


@dataclass(frozen=True, slots=True)
class Primary:
    """`first_slot` tells the shards of a cluster apart, whoever serves them; None for a standalone server."""

    address: Address
    first_slot: int | None


def primaries(connection: Connection, *, tls: bool) -> tuple[Primary, ...]:
    """The primaries that serve slots, in the order of their slots. Raises InputError when a cluster may not be asked."""
    # SLOTS is older and known everywhere, and it is right at once where SHARDS still has to learn which node is whose.
    for word, read in ((b"SLOTS", _of_slots), (b"SHARDS", _of_shards)):
        try:
            found = read(connection.ask(b"CLUSTER", word), connection.address, tls)
        except Refused as error:
            if _is_standalone(connection, error):
                return (Primary(connection.address, None),)
            continue
        return tuple(sorted(found, key=lambda each: each.first_slot or 0))
    raise InputError(
        "the server is part of a cluster and does not let this user ask for its shards.",
        source=str(connection.address),
        expected="permission for CLUSTER SLOTS (or CLUSTER SHARDS).",
        remedy="Allow it with: ACL SETUSER <user> +cluster|slots.",
    )


def info(connection: Connection, section: bytes) -> Mapping[str, str]:
    """One section of INFO; empty when the user may not ask."""
    try:
        text: bytes = connection.ask(b"INFO", section)
    except Refused:
        return {}
    pairs = (line.partition(":") for line in text.decode("utf-8", "replace").splitlines())
    return {name: value for name, colon, value in pairs if colon}


def _is_standalone(connection: Connection, error: Refused) -> bool:
    return "cluster support disabled" in str(error) or info(connection, b"cluster").get("cluster_enabled") == "0"


def _of_shards(reply: Sequence[Any], asked: Address, tls: bool) -> list[Primary]:
    """CLUSTER SHARDS: maps as flat lists; a shard lists former primaries too, which own no slots or have failed."""
    found = []
    for shard in map(_as_map, reply):
        for node in map(_as_map, shard[b"nodes"]):
            if node[b"role"] == b"master" and shard[b"slots"] and node.get(b"health") not in _FAILED:
                port = node.get(b"tls-port" if tls else b"port") or node.get(b"port") or node.get(b"tls-port")
                endpoint = node.get(b"endpoint") or node.get(b"ip")
                found.append(Primary(_address(endpoint, port, asked), int(shard[b"slots"][0])))
    return found


def _of_slots(reply: Sequence[Any], asked: Address, tls: bool) -> list[Primary]:
    """CLUSTER SLOTS: ranges, each with its primary first; the first range of a node stands for it."""
    del tls  # the port is the one of the asking connection's kind
    found: dict[Address, int] = {}
    for first, _, primary, *_ in reply:
        address = _address(primary[0], primary[1], asked)
        found[address] = min(int(first), found.get(address, int(first)))
    return [Primary(address, first) for address, first in found.items()]


def _address(endpoint: bytes | None, port: Any, asked: Address) -> Address:
    """`?` or nothing means: the host that was asked."""
    host = asked.host if endpoint in (None, b"", b"?") else endpoint.decode()
    return Address(host, int(port))


def _as_map(flat: Any) -> Mapping[bytes, Any]:
    return flat if isinstance(flat, Mapping) else dict(_pairs(flat))


def _pairs(flat: Sequence[Any]) -> Iterator[tuple[bytes, Any]]:
    return zip(flat[::2], flat[1::2], strict=True)
