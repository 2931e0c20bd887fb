"""The busiest part of a plan, to be replayed once for each case of a comparison: pure, but for the files it writes.

The bytes are those of the plan itself (a link to its payload); only the index is new. What blocks, and what any shard may
answer, is left out: neither tells how one shard fares.
"""

from __future__ import annotations

import dataclasses
import math

import numpy as np

from engine.replay.plan import NO_SLOT, NORMAL, Index, PlanFacts, PlanFiles

TURN_S, MAX_TURN_S = 1, 60  # of each case: what the commands and the pages ask for, and the most
_NS_PER_S = 1_000_000_000
_SHORTEST_NS = 50_000_000  # a shorter recording is repeated as if it had lasted this long
_STEPS = 20  # places a second at which a busiest window may begin


def busiest(index: Index, length_ns: int) -> Index:
    """The units of the busiest `length_ns`, due from 0 on; a shorter plan is repeated until it lasts as long."""
    units = np.array(index[(index["lane"] == NORMAL) & (index["slot"] != NO_SLOT)])
    if not len(units):
        return units
    due = units["due_ns"].astype(np.int64)
    lasts = int(due[-1]) - int(due[0])
    if lasts < length_ns:
        return _repeated(units, max(lasts + lasts // len(units), _SHORTEST_NS), length_ns)
    starts = np.arange(int(due[0]), int(due[-1]) - length_ns + 1, _NS_PER_S // _STEPS)
    first, last = np.searchsorted(due, starts), np.searchsorted(due, starts + length_ns)
    best = int(np.argmax(last - first))
    found = units[first[best] : last[best]]
    found["due_ns"] -= starts[best]
    return found


def _repeated(units: Index, period_ns: int, length_ns: int) -> Index:
    rounds = math.ceil(length_ns / period_ns)
    found = np.tile(units, rounds)
    found["due_ns"] += np.repeat(np.arange(rounds, dtype=np.int64) * period_ns, len(units)) - units["due_ns"][0]
    kept: Index = found[found["due_ns"] < length_ns]
    return kept


def in_turns(part: Index, turns: int, turn_ns: int) -> Index:
    """`part` once in each of `turns` turns of `turn_ns`."""
    found = np.tile(part, turns)
    found["due_ns"] += np.repeat(np.arange(turns, dtype=np.int64) * turn_ns, len(part))
    return found


def write(plan: PlanFiles, facts: PlanFacts, units: Index, target: PlanFiles, duration_ns: int) -> None:
    """A plan of these units beside `plan`, whose payload it shares."""
    target.folder.mkdir(exist_ok=True)
    target.payload.unlink(missing_ok=True)
    target.payload.symlink_to(plan.payload.resolve())
    target.index.write_bytes(units.tobytes())
    target.write_facts(
        dataclasses.replace(
            facts, units=len(units), operations=int(units["operations"].sum()), duration_ns=duration_ns, notes=()
        )
    )
