"""A look at somebody else's cluster before anything is written: what it is, and what this user may not do there.

Every question is one of those that a run asks (`node.ASKED`), about a key of a random name, which nobody has; nothing is
created or removed.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import dataclass

from engine.cluster.external.cluster import ExternalCluster, connected
from engine.cluster.external.node import ExternalNode
from engine.cluster.external.target import Target
from engine.errors import InputError, Interrupted
from engine.measurement import EngineIdentity
from engine.recording.connection import Lost, Refused
from engine.replay.external import observing
from engine.replay.external.keys import Prefix

NEVER_SENT = ("PSYNC", "BGSAVE", "CONFIG", "MONITOR", "FLUSHALL", "KEYS")
NEEDED = frozenset(["SCAN", "UNLINK"])


@dataclass(frozen=True, slots=True)
class FoundShard:
    """One primary: where it is, how many slots it serves and how many replicas it has. `keys`: by whomever, None: unknown."""

    endpoint: str
    slots: int
    replicas: int
    keys: int | None


@dataclass(frozen=True, slots=True)
class Refusal:
    """A command that the server refuses this user. `needed`: without it there is no run; else `costs` is what a run lacks."""

    command: str
    costs: str
    needed: bool


@dataclass(frozen=True, slots=True)
class Found:
    """What there is. `tls`: its version, empty without TLS. `free_bytes`: under `maxmemory`, None where there is none."""

    target: str
    engine: EngineIdentity | None
    clustered: bool
    tls: str
    shards: tuple[FoundShard, ...]
    used_bytes: int | None
    free_bytes: int | None
    refused: tuple[Refusal, ...]

    @property
    def keys(self) -> int | None:
        """Keys of all shards."""
        return observing.total([shard.keys for shard in self.shards])

    @property
    def usable(self) -> bool:
        """Whether a run may begin as far as rights go."""
        return not any(each.needed for each in self.refused)


def look(target: Target, prefix: Prefix) -> Found:
    """Raises InputError when it must not be reached or lets nobody in, Interrupted when nobody answers."""
    try:
        with connected(target) as cluster:
            return _found(cluster, target, prefix)
    except Lost as error:
        raise Interrupted(str(error)) from error
    except Refused as error:
        raise InputError(f"the server refused a question ({error.kind}).", source=str(target)) from error


def _found(cluster: ExternalCluster, target: Target, prefix: Prefix) -> Found:
    states = [observing.observe(shard.primary) for shard in cluster.shards]
    shards = tuple(
        FoundShard(str(each.endpoint), sum(last + 1 - first for first, last in each.ranges), each.replicas, state.keys)
        for each, state in zip(cluster.shards, states, strict=True)
    )
    first = cluster.shards[0].primary
    return Found(
        target=str(target),
        engine=observing.identity(first),
        clustered=cluster.clustered,
        tls=first.tls_version,
        shards=shards,
        used_bytes=observing.total([state.used_bytes for state in states]),
        free_bytes=observing.total([state.free_bytes for state in states]),
        refused=tuple(_refused(first, prefix)),
    )


def _refused(node: ExternalNode, prefix: Prefix) -> Iterator[Refusal]:
    key = prefix.key(secrets.token_hex(16).encode())
    questions = (
        ((b"SCAN", b"0", b"MATCH", prefix.text + b"*", b"COUNT", b"1"), "own keys could not be found again"),
        ((b"UNLINK", key), "own keys could not be removed again"),
        ((b"MEMORY", b"USAGE", key), "memory by key family is not measured"),
        ((b"INFO", b"memory"), "growth of memory is not measured"),
        ((b"DBSIZE",), "it is not known how many keys of others stand there"),
    )
    for words, costs in questions:
        name = " ".join(word.decode() for word in words[: 2 if words[0] in (b"MEMORY", b"INFO") else 1])
        try:
            node.ask(*words)
        except Refused as error:
            if error.kind != "MOVED":  # permission is looked at first
                yield Refusal(name, costs, name in NEEDED)
