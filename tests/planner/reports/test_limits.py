"""What a reader must know before relying on the figures says which promise the measured writes were given."""

from __future__ import annotations

from engine.cluster.durability import NOT_REPRODUCED
from engine.measurement import Commit
from planner.reports.content import content
from tests.planner.reports.factories import make_document, make_measurement

COMMIT = Commit(
    wait_replicas=1,
    waits=10,
    writes_per_wait=1.5,
    timed_out=0,
    zone_rtt_us=None,
    aof_bytes=1 << 20,
    filesystem="ext4",
    not_reproduced=NOT_REPRODUCED,
)


def limits(**measured: object) -> list[str]:
    found: list[str] = content(make_document(measurement=make_measurement(**measured)))["limits"]
    return found


def test_a_durable_measurement_says_what_it_does_not_reproduce() -> None:
    found = limits(mode="durable", commit=COMMIT)
    assert set(NOT_REPRODUCED) <= set(found)
    assert not any("without persistence" in sentence for sentence in found)


def test_a_measurement_in_cache_mode_says_that_durable_latency_is_published() -> None:
    found = limits(mode="cache", commit=None)
    assert any("without persistence" in sentence for sentence in found)
    assert not set(NOT_REPRODUCED) & set(found)
