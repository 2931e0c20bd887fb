"""Somebody else's cluster, found from any of its nodes: which primary serves which slots, asked by CLUSTER SLOTS or SHARDS.

A server without cluster mode is one shard with all slots. Replicas are counted and left alone: they are neither read from nor
written to. Every name in an answer is judged like the first one before it is connected to.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

from engine.cluster.external.node import ExternalNode
from engine.cluster.external.target import Endpoint, Target, endpoint
from engine.errors import InputError
from engine.recording.address import Address
from engine.recording.connection import Refused
from engine.slots import SLOTS

MOST_SHARDS = 500  # what managed services allow
_FAILED = (b"fail", b"failed")


@dataclass(frozen=True, slots=True)
class ShardMap:
    """One shard as the cluster describes it: its primary, the slots it serves (inclusive ranges), how many replicas it has."""

    primary: Address
    ranges: tuple[tuple[int, int], ...]
    replicas: int


@dataclass(frozen=True, slots=True)
class ExternalShard:
    """One shard to replay on."""

    index: int
    endpoint: Endpoint
    ranges: tuple[tuple[int, int], ...]
    replicas: int
    primary: ExternalNode


class ExternalCluster:
    """A cluster that is connected to; its processes are not ours."""

    def __init__(self, target: Target, shards: tuple[ExternalShard, ...], *, clustered: bool) -> None:
        self.target = target
        self.shards = shards
        self.clustered = clustered

    def shard_of_slot(self) -> list[int]:
        """The index of the shard for each slot."""
        found = [0] * SLOTS
        for shard in self.shards:
            for first, last in shard.ranges:
                found[first : last + 1] = [shard.index] * (last + 1 - first)
        return found


@contextmanager
def connected(target: Target) -> Iterator[ExternalCluster]:
    """Connections to every primary for the length of a `with` block.

    Raises InputError when a node must not be reached, TLS or the sign-in fails, or slots are not served; Lost when nobody is
    there.
    """
    with ExitStack() as stack:
        first = endpoint(target.address, target.policy)
        asked = ExternalNode(first, target.access)
        stack.callback(asked.close)
        found = shard_maps(asked, target)
        shards = []
        for index, each in enumerate(found or [ShardMap(target.address, ((0, SLOTS - 1),), 0)]):
            place = endpoint(each.primary, target.policy) if found else first
            node = ExternalNode(place, target.access)
            stack.callback(node.close)
            # A primary knows its replicas; other nodes hear of them later.
            replicas = _number(_require_primary(node).get("connected_slaves"), each.replicas)
            shards.append(ExternalShard(index, place, each.ranges, replicas, node))
        yield ExternalCluster(target, tuple(shards), clustered=bool(found))


def shard_maps(node: ExternalNode, target: Target) -> list[ShardMap]:
    """The shards in the order of their slots; empty for a server without cluster mode."""
    asked, tls = node.endpoint.address, target.access.tls
    for word in (b"SLOTS", b"SHARDS"):
        try:
            reply = node.ask(b"CLUSTER", word)
        except Refused as error:
            if "cluster support disabled" in str(error) or node.info("cluster").get("cluster_enabled") == "0":
                return []
            continue
        found = of_slots(reply, asked) if word == b"SLOTS" else of_shards(reply, asked, tls=tls)
        _require_all_slots(found, asked)
        _require_few(found, asked)
        return found
    raise InputError(
        "the server does not let this user ask for the shards.",
        source=str(asked),
        expected="permission for CLUSTER SLOTS (or CLUSTER SHARDS), or for INFO when it is a single server.",
        remedy="Allow it with: ACL SETUSER <user> +cluster|slots +info.",
    )


def of_slots(reply: Sequence[Any], asked: Address) -> list[ShardMap]:
    """CLUSTER SLOTS: ranges, each with its primary first and its replicas after it."""
    ranges: dict[Address, list[tuple[int, int]]] = {}
    replicas: dict[Address, int] = {}
    for first, last, primary, *others in reply:
        address = _address(primary[0], primary[1], asked)
        ranges.setdefault(address, []).append((int(first), int(last)))
        replicas[address] = max(replicas.get(address, 0), len(others))
    found = [ShardMap(address, tuple(sorted(served)), replicas[address]) for address, served in ranges.items()]
    return sorted(found, key=lambda each: each.ranges)


def of_shards(reply: Sequence[Any], asked: Address, *, tls: bool) -> list[ShardMap]:
    """CLUSTER SHARDS: maps as flat lists; failed nodes are listed too."""
    found = []
    for shard in map(_as_map, reply):
        nodes = [node for node in map(_as_map, shard[b"nodes"]) if node.get(b"health") not in _FAILED]
        primary = next((node for node in nodes if node[b"role"] == b"master"), None)
        if primary is None or not shard[b"slots"]:
            continue
        edges = [int(edge) for edge in shard[b"slots"]]
        port = primary.get(b"tls-port" if tls else b"port") or primary.get(b"port") or primary.get(b"tls-port")
        address = _address(primary.get(b"endpoint") or primary.get(b"ip"), port, asked)
        ranges = tuple(sorted(zip(edges[::2], edges[1::2], strict=True)))
        found.append(ShardMap(address, ranges, len(nodes) - 1))
    return sorted(found, key=lambda each: each.ranges)


def _address(name: bytes | None, port: Any, asked: Address) -> Address:
    """`?` or nothing means: the host that was asked."""
    host = asked.host if name in (None, b"", b"?") else name.decode()
    return Address(host, int(port))


def _as_map(flat: Any) -> Mapping[bytes, Any]:
    return flat if isinstance(flat, Mapping) else dict(zip(flat[::2], flat[1::2], strict=True))


def _require_all_slots(found: Sequence[ShardMap], asked: Address) -> None:
    served = sum(last + 1 - first for shard in found for first, last in shard.ranges)
    if served != SLOTS:
        raise InputError(
            f"{SLOTS - served:,} of {SLOTS:,} slots are served by nobody.",
            source=str(asked),
            expected="a cluster whose state is ok.",
        )


def _require_few(found: Sequence[ShardMap], asked: Address) -> None:
    """Each one is connected to: no server may have us connect to thousands of addresses."""
    if len(found) > MOST_SHARDS:
        raise InputError(
            f"the server names {len(found):,} shards.", source=str(asked), expected=f"at most {MOST_SHARDS:,}."
        )


def _require_primary(node: ExternalNode) -> Mapping[str, Any]:
    """What it says of its replication."""
    said = node.info("replication")
    if said.get("role") == "slave":
        raise InputError(
            "is a replica, which takes no writes.",
            source=str(node.endpoint),
            expected="the endpoint of the primary, or of the cluster as a whole.",
        )
    return said


def _number(said: Any, otherwise: int) -> int:
    return int(said) if isinstance(said, str) and said.isdigit() else otherwise
