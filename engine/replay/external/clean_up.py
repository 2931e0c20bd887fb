"""Removes own keys from somebody else's cluster: found by the prefix, unlinked one by one, never by a flush."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass

import hiredis

from engine.cluster.external.cluster import ExternalCluster
from engine.cluster.external.node import ExternalNode
from engine.progress import Progress, Report, ShouldStop, ignore, never, stop_if_asked
from engine.recording.connection import Lost, Refused
from engine.replay.external.keys import Prefix

_SCAN = 500
_LEAST_BATCH = 10
_NOBODYS = b"nobody's"


@dataclass(frozen=True, slots=True)
class Removal:
    """How many keys were removed, and why some could not be (empty: none is left)."""

    removed: int
    failure: str


def require_permission(cluster: ExternalCluster, prefix: Prefix) -> None:
    """Raise Refused when own keys could not be removed afterwards: asked by unlinking a key that nobody has."""
    for shard in cluster.shards:
        try:
            shard.primary.ask(b"UNLINK", prefix.key(_NOBODYS))
        except Refused as error:
            if error.kind != "MOVED":  # permission is looked at first
                raise


def count_own(cluster: ExternalCluster, prefix: Prefix, *, per_s: float, should_stop: ShouldStop = never) -> int:
    """Keys under the prefix that are there now."""
    found = 0
    for shard in cluster.shards:
        for keys in shard.primary.scan(prefix.text, _SCAN, per_s=per_s):
            stop_if_asked(should_stop)
            found += len(keys)
    return found


def remove_own(cluster: ExternalCluster, prefix: Prefix, *, per_s: float, report: Report = ignore) -> Removal:
    """Unlink every key under the prefix, no faster than the limit, on every shard that can be reached.

    A stop that was asked for does not end it: what was written is removed first.
    """
    removed, failures = 0, []
    for shard in cluster.shards:
        try:
            for count in _unlinked(shard.primary, prefix, per_s):
                removed += count
                message = f"Removing the keys under {prefix.text.decode()}"
                report(Progress("clean up", removed, unit="keys", message=message))
        except (Lost, Refused) as error:
            failures.append(str(error))
    return Removal(removed, "; ".join(failures))


def _unlinked(node: ExternalNode, prefix: Prefix, per_s: float) -> Iterator[int]:
    """How many keys were removed, batch by batch."""
    for keys in node.scan(prefix.text, _batch(per_s), per_s=per_s):
        started = time.monotonic()
        own = [key for key in keys if prefix.owns(key)]
        replies = node.ask_all([(b"UNLINK", key) for key in own])
        yield sum(int(reply) for reply in replies if isinstance(reply, int))
        _raise_refusal(replies)
        time.sleep(max(len(own) / per_s - (time.monotonic() - started), 0.0))


def _batch(per_s: float) -> int:
    return max(min(_SCAN, int(per_s / 10)), _LEAST_BATCH)


def _raise_refusal(replies: list[object]) -> None:
    refusal = next((reply for reply in replies if isinstance(reply, hiredis.ReplyError)), None)
    if refusal is not None:
        raise Refused(str(refusal))
