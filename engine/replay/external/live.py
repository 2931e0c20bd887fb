"""The part of a run that needs somebody else's cluster: look, load own keys, replay, look again, and remove every own key,
however it ends.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import hiredis

from engine import commands, slots
from engine.cluster.external.cluster import ExternalCluster
from engine.errors import Cancelled, InputError, Interrupted
from engine.measurement import EngineIdentity, FamilyMemory
from engine.progress import Progress, Report, ShouldStop, stop_if_asked
from engine.recording.connection import Lost
from engine.replay.external import clean_up, observing
from engine.replay.external.admission import is_safe, rewritten
from engine.replay.external.keys import Prefix
from engine.replay.external.observing import State
from engine.replay.external.player import ExternalTask
from engine.replay.external.playing import players
from engine.replay.gauges import gauges_of
from engine.replay.plan import PlanFacts
from engine.replay.population import Creation
from engine.replay.remote.hosting import Workers
from engine.units import format_bytes

_TICK_S = 0.2
_REST_S = 0.3
_MOST_BATCH = 200
_FREE_SHARE = 0.5  # of what is left under the servers' limit; the rest stays for its owner


@dataclass(frozen=True, slots=True)
class LiveTask:
    """What to play: the plan in `folder`, and `creations` of the keys (as recorded) to stand there before."""

    folder: Path
    facts: PlanFacts
    creations: Iterable[Creation]
    expected_bytes: int
    prefix: Prefix
    per_s: float
    players: int = 1
    workers: Workers | None = None  # who plays, in place of processes of our own


@dataclass(frozen=True, slots=True)
class Live:
    """What was found. States are of the primaries, before the first key, before and after the replay."""

    engine: EngineIdentity | None
    empty: tuple[State, ...]
    before: tuple[State, ...]
    after: tuple[State, ...]
    outcome: Mapping[str, Any]
    loading_errors: Mapping[str, int]
    own_keys: int | None
    prefix_bytes: int
    families: tuple[FamilyMemory, ...] | None
    removed_keys: int
    left_behind: str


def run(task: LiveTask, cluster: ExternalCluster, *, report: Report, should_stop: ShouldStop) -> Live:
    """Play the task there. Raises InputError when keys under the prefix exist already or the data does not fit."""
    play = _Play(task, cluster, report, should_stop)
    play.require_nothing_under_the_prefix()
    engine = observing.identity(cluster.shards[0].primary)
    empty = play.observed()
    require_room(empty, task.expected_bytes)
    with _cleaned_up(task, cluster, report) as removals:
        errors = play.load()
        before = play.observed()
        outcome = play.replay()
        time.sleep(_REST_S)
        after = play.observed()
        report(Progress("measure", message="Weighing our own keys"))
        own, added, families = _families(cluster, task)
    [removal] = removals
    left = left_behind(task.prefix, removal.failure)
    return Live(engine, empty, before, after, outcome, errors, own, added, families, removal.removed, left)


def require_room(states: Iterable[State], expected_bytes: int) -> None:
    """Raise InputError when the data could push the servers to their memory limit, where they would evict or refuse."""
    free = [state.free_bytes for state in states if state.free_bytes is not None]
    usable = int(sum(free) * _FREE_SHARE)
    if free and expected_bytes > usable:
        raise InputError(
            f"the data of this recording may need {format_bytes(expected_bytes)}; at most half of what is free under the "
            f"servers' maxmemory is used, which is {format_bytes(max(usable, 0))}.",
            expected="a cluster with room: at its limit it would evict other keys or refuse other clients' writes.",
            remedy="Use a recording sampled by key, or a larger cluster.",
        )


@contextmanager
def _cleaned_up(task: LiveTask, cluster: ExternalCluster, report: Report) -> Iterator[list[clean_up.Removal]]:
    """Own keys are removed when the block is left, however it is left; the list then says how that went."""
    done: list[clean_up.Removal] = []
    try:
        yield done
    except BaseException as error:
        time.sleep(_REST_S)  # what is on its way to the servers arrives before the keys are looked for
        removal = clean_up.remove_own(cluster, task.prefix, per_s=task.per_s, report=report)
        if removal.failure:
            raise Interrupted(f"{error} {left_behind(task.prefix, removal.failure)}") from error
        if isinstance(error, Cancelled):
            said = (
                f"All keys of ours were removed ({removal.removed:,})." if removal.removed else "No key was left there."
            )
            raise Cancelled(f"{error} {said}") from error
        raise
    done.append(clean_up.remove_own(cluster, task.prefix, per_s=task.per_s, report=report))


def left_behind(prefix: Prefix, why: str) -> str:
    """What to say when own keys could not all be removed; empty when they were."""
    if not why:
        return ""
    return (
        f"Our keys could not all be removed ({why}): those under “{prefix.text.decode()}” that are left can be removed by "
        "running again with --remove-leftovers."
    )


def _families(cluster: ExternalCluster, task: LiveTask) -> tuple[int | None, int, tuple[FamilyMemory, ...] | None]:
    try:
        return observing.families(cluster, task.prefix, task.per_s)
    except Lost:
        return None, 0, None


class _Play:
    def __init__(self, task: LiveTask, cluster: ExternalCluster, report: Report, should_stop: ShouldStop) -> None:
        self.task = task
        self.cluster = cluster
        self.report = report
        self.should_stop = should_stop

    def observed(self) -> tuple[State, ...]:
        return tuple(observing.observe(shard.primary) for shard in self.cluster.shards)

    def require_nothing_under_the_prefix(self) -> None:
        prefix = self.task.prefix
        self.report(Progress("look", message=f"Looking for keys under {prefix.text.decode()}"))
        clean_up.require_permission(self.cluster, prefix)
        if found := clean_up.count_own(self.cluster, prefix, per_s=self.task.per_s, should_stop=self.should_stop):
            raise InputError(
                f"{found:,} keys under “{prefix.text.decode()}” exist already.",
                source="--prefix",
                expected="a prefix that nobody uses.",
                remedy="Choose another, or remove what an earlier run left behind with --remove-leftovers.",
            )

    # -- loading -----------------------------------------------------------------------------------------------------

    def load(self) -> Counter[str]:
        """Make the keys the replay starts from, no faster than the limit; answers the errors by kind."""
        shard_of = self.cluster.shard_of_slot()
        size = max(1, min(_MOST_BATCH, int(self.task.per_s / 10)))
        waiting: list[list[tuple[bytes, ...]]] = [[] for _ in self.cluster.shards]
        errors: Counter[str] = Counter()
        for count, creation in enumerate(self.task.creations):
            batch = waiting[shard_of[slots.key_slot(creation.key)]]
            batch.append(self._own(creation))
            if len(batch) >= size:
                self.report(Progress("prepare", count, unit="keys", message="Creating the keys the replay starts from"))
                errors += self._send(shard_of[slots.key_slot(creation.key)], batch)
        for shard, batch in enumerate(waiting):
            errors += self._send(shard, batch)
        return errors

    def _own(self, creation: Creation) -> tuple[bytes, ...]:
        cmd, args = commands.split(creation.words)
        words = (*creation.words[: len(creation.words) - len(args)], *rewritten(cmd, args, self.task.prefix))
        if not is_safe(words, self.task.prefix):
            raise Interrupted(f"{cmd} must not be sent to somebody else's cluster.")
        return words

    def _send(self, shard: int, batch: list[tuple[bytes, ...]]) -> Counter[str]:
        stop_if_asked(self.should_stop)
        started = time.monotonic()
        replies = self.cluster.shards[shard].primary.load(batch)
        kinds = Counter(str(reply).split(" ", 1)[0] for reply in replies if isinstance(reply, hiredis.ReplyError))
        if kinds["OOM"] or kinds["READONLY"] or kinds["NOPERM"]:
            raise InputError(
                f"the server refused to create keys ({', '.join(kinds)}).",
                source=str(self.cluster.shards[shard].endpoint),
                expected="a primary with room, and a user who may write under the prefix.",
                remedy=f"Allow it with: ACL SETUSER <user> ~{self.task.prefix.text.decode()}* +@all -@dangerous.",
            )
        time.sleep(max(len(batch) / self.task.per_s - (time.monotonic() - started), 0.0))
        batch.clear()
        return kinds

    # -- replaying ---------------------------------------------------------------------------------------------------

    def replay(self) -> dict[str, Any]:
        cluster, folder = self.cluster, self.task.folder
        endpoints = tuple(shard.endpoint for shard in cluster.shards)
        slots_served = tuple(cluster.shard_of_slot())
        played = ExternalTask(str(folder), endpoints, slots_served, cluster.target.access, self.task.per_s)
        with players(self.task, played, report=self.report, should_stop=self.should_stop) as player:
            while True:
                stop_if_asked(self.should_stop)
                for line in player.hear(_TICK_S):
                    if "progress" in line:
                        self._show(line["progress"])
                    if "outcome" in line:
                        return dict(line["outcome"])

    def _show(self, said: Mapping[str, Any]) -> None:
        known = gauges_of(said, self.task.facts.duration_ns)
        self.report(Progress("replay", said["units"], self.task.facts.units, "operations", "Replaying", known))
