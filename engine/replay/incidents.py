"""What happened to a replay without ending it, gathered from its live part and its record, and what is then not valid."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from engine import weather
from engine.measurement import Validity
from engine.plain import from_plain
from engine.replay import pacer
from engine.replay.pace import pace
from engine.replay.records import RecordFile
from engine.replay.silence import by_shard, silences
from engine.slots import slot_ranges
from engine.stats import summary
from engine.stats.summary import Recorded
from engine.weather import Incident


def incidents_of(live: Mapping[str, Any], recorded: RecordFile, *, shards: int, speed: float) -> tuple[Incident, ...]:
    """Those that the live part noticed, then the silences of single shards, then a player that was too slow."""
    noticed = [from_plain(Incident, each) for each in live.get("incidents", ())]
    asked = by_shard(recorded, slot_ranges(shards))
    quiet = [
        weather.slow_node(weather.node("primary", each.shard), each.begin_ns / 1e9, (each.end_ns - each.begin_ns) / 1e9)
        for each in silences(asked, end_ns=int(live["outcome"]["ended_ns"]))
    ]
    slow = [] if recorded.closed or quiet else too_slow(recorded, speed)
    return (*noticed, *quiet, *unanswered(recorded), *slow)


def unanswered(recorded: Recorded) -> list[Incident]:
    """The incident of operations without an answer; those that may block wait for something else by their nature."""
    missing = sum(
        int(np.count_nonzero((block.sent_ns > 0) & (block.done_ns == 0) & block.timed)) for block in recorded.blocks()
    )
    return [weather.never_answered(missing)] if missing else []


def too_slow(recorded: Recorded, speed: float) -> list[Incident]:
    """The incident of a player that sent more than the allowed share late."""
    units = sum(len(block.due_ns) for block in recorded.blocks())
    share = summary.late(recorded, pacer.LATE_AFTER_NS) / units if units else 0.0
    if share <= pacer.LATE_SHARE_ALLOWED:
        return []
    kept = pace(recorded)
    return [weather.player_slow(share, kept.kept, kept.peak, speed)]


def judged(validity: Validity, incidents: Sequence[Incident]) -> Validity:
    """Not valid for latency when an incident spoils it: the incident is then the reason."""
    spoiled = weather.spoiling(incidents, weather.LATENCY)
    if not spoiled:
        return validity
    return Validity(False, " ".join(dict.fromkeys(each.sentence for each in spoiled)))


def notes(incidents: Sequence[Incident]) -> tuple[str, ...]:
    """What an estimate has to say of them: all but those of latency alone, which no price follows from."""
    return tuple(each.sentence for each in incidents if set(each.spoils) != {weather.LATENCY})
