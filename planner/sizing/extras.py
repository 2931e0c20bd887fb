"""What an estimate assumes about losses, reads from replicas, connections, SSD and vectors, for the reader to judge."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from planner.pricing.designs.base import VENDOR_DOCS
from planner.sizing.loss import NODE, NONE, ZONE, survived
from planner.sizing.model.answers import Answers
from planner.sizing.model.figures import Assumption
from planner.sizing.model.needs import Needs
from planner.sizing.nodes import CONNECTIONS, TIERED_RESERVE
from planner.sizing.tiering import HOT_HIT_RATE, KEY_BYTES, LATENCY, hot_share
from planner.sizing.vectors import index_bytes
from planner.sizing.words import percent

_YOURS = "your answer"
_LOSSES: Mapping[str, str] = {
    NONE: "nothing is asked: after a loss ceilings may be broken",
    NODE: "the loss of any one node leaves every ceiling held",
    ZONE: "the loss of one of three zones, copies spread evenly, leaves every ceiling held",
}


def extra_assumptions(answers: Answers, needs: Needs) -> Iterator[Assumption]:
    """Those that apply to the answers."""
    yield Assumption("Survives", _LOSSES[survived(answers)], "assumed", _YOURS)
    if answers.stale_reads:
        spread = "over all copies evenly, with the bytes of their answers; the primary takes every write"
        yield Assumption("Reads from replicas", f"allowed, spread {spread}", "assumed", _YOURS)
    if needs.connections is None:
        yield Assumption(
            "Connections", "not known: the recording does not tell clients apart", "recorded", "the recording"
        )
    else:
        value = f"{needs.connections:,} at peak, each to every node, of {CONNECTIONS:,} a node"
        yield Assumption("Connections", value, "recorded", f"the recording; {VENDOR_DOCS}")
    if answers.data_tiering:
        yield from _tiering(needs)
    if answers.vectors is not None:
        formula = "count x (4 x dimensions + 8 x m + 100) bytes"
        yield Assumption("Vector index", f"{index_bytes(answers.vectors) / 1e6:,.1f} MB: {formula}", "assumed")


def _tiering(needs: Needs) -> Iterator[Assumption]:
    kept = f"{KEY_BYTES} bytes a key and {percent(hot_share(needs))} of the values"
    source = (
        f"the share that answers {percent(HOT_HIT_RATE)} of reads"
        if needs.hit_curve
        else "no hit-rate curve: all is hot"
    )
    yield Assumption("Data tiering, kept in memory", kept, "assumed", source)
    reserve = f"{percent(TIERED_RESERVE)} of memory; a read from SSD takes {LATENCY}"
    yield Assumption("Data tiering, kept back", reserve, "published", VENDOR_DOCS)
