"""All rules: what one command puts into the replication stream, and what it leaves behind."""

from __future__ import annotations

from engine.replication import generic, hashes, lists, sets, sorted_sets, streams, strings
from engine.replication.call import NOTHING, Call, Effects, Rule
from engine.replication.values import Refused

RULES: dict[str, Rule] = {
    **generic.RULES,
    **strings.RULES,
    **hashes.RULES,
    **lists.RULES,
    **sets.RULES,
    **sorted_sets.RULES,
    **streams.RULES,
}


def effects(call: Call) -> Effects:
    """The commands that are replicated, without MULTI and EXEC; nothing when the engine refuses the call."""
    try:
        return RULES.get(call.name, generic.unlisted)(call)
    except (Refused, IndexError, ValueError):  # the latter two: words are missing or do not pair
        return NOTHING
