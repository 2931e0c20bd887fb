"""The replication tap as a run uses it: waited for at the start, told where to stop, whole on disk however a run ends."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from typing import Any

import redis

from engine.cluster.local import LocalCluster, replicas_online
from engine.errors import HeadroomError, Interrupted
from engine.replay.children import Child

_TICK_S = 0.2
_LAST_WORDS_S = 2.0
_TIMEOUT_S = 60.0
Check = Callable[[], None]  # raises when somebody asked to stop or a node is gone


def wait_for_tap(tap: Child, cluster: LocalCluster, check: Check) -> list[int]:
    """Until every primary counts the tap among its replicas that are online; answers the offsets at which it joined."""
    bases: list[int] = _said(tap, "ready", check)
    deadline = time.monotonic() + _TIMEOUT_S
    while any(
        replicas_online(shard.primary.info("replication")) < 1 + len(shard.living_replicas())
        for shard in cluster.shards
    ):
        check()
        if time.monotonic() > deadline:
            raise Interrupted("The replication tap was not accepted as a replica in time.")
        tap.hear(0.05)
    return bases


def finish_tap(tap: Child, offsets: list[int], check: Check) -> None:
    """Have it write everything up to these offsets."""
    tap.tell({"until": offsets})
    _said(tap, "done", check)


@contextlib.contextmanager
def kept(tap: Child) -> Iterator[None]:
    """What the tap has is in its files when the block is left by an error."""
    try:
        yield
    except (HeadroomError, OSError, redis.RedisError):
        with contextlib.suppress(Interrupted, OSError):  # the tap may have ended: its files are whole then
            tap.tell({"until": []})
            deadline = time.monotonic() + _LAST_WORDS_S
            while time.monotonic() < deadline and not any("done" in line for line in tap.hear(_TICK_S)):
                pass
        raise


def _said(tap: Child, word: str, check: Check) -> Any:
    deadline = time.monotonic() + _TIMEOUT_S
    while time.monotonic() < deadline:
        check()
        for line in tap.hear(_TICK_S):
            if word in line:
                return line[word]
    raise Interrupted(f"No answer ({word}) within {_TIMEOUT_S:.0f} s.")
