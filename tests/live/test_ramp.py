"""A ramp on a real cluster: every step is answered whole, at its own rate, from one plan; the knee is what held."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from engine.cluster.binaries import choose
from engine.cluster.durability import WAIT_REPLICAS
from engine.cluster.local import ClusterSpec, LocalCluster, boot
from engine.errors import Cancelled
from engine.progress import Progress
from engine.ramp.model import HIGHEST, INTERRUPTED, Ramp, RampSpec
from engine.replay import ramping
from engine.replay.children import Child
from engine.replay.plan import PlanFacts, PlanFiles
from tests.engine.replay.recordings import line, planned

pytestmark = pytest.mark.live
OPERATIONS, KEYS = 2_000, 40
PATIENT = RampSpec(read_us=60e6, write_us=60e6, step_s=0.2, rest_s=0.0, tries=3, rates=(8_000.0, 10_000.0))


def recording() -> list[str]:
    """INCR and GET in turns, one every 0.2 ms, from eight clients."""
    words = (f"{'INCR' if number % 2 else 'GET'} key:{number // 2 % KEYS}" for number in range(OPERATIONS))
    return [line(number * 200e-6, text, client=f"127.0.0.1:{5000 + number % 8}") for number, text in enumerate(words)]


@dataclass
class Cluster:
    """One shard that is up, a plan for it, and what a ramp on it said."""

    cluster: LocalCluster
    files: PlanFiles
    facts: PlanFacts
    said: list[Progress] = field(default_factory=list)

    def climb(self, spec: RampSpec, check: Callable[[], None] | None = None) -> Ramp:
        shards = self.cluster.shards
        task: dict[str, Any] = {
            "ports": [shard.primary.port for shard in shards],
            "ranges": [(shard.first, shard.last) for shard in shards],
            "password": self.cluster.password,
            "copies": WAIT_REPLICAS if self.cluster.spec.durable else 0,
        }

        def player(told: Mapping[str, Any]) -> Child:
            return Child("engine.replay.player", told, self.files.folder / "player.log")

        checked = check or self.cluster.require_alive
        return ramping.climb(
            spec, ramping.Stage(self.cluster, self.files, self.facts, self.said.append, checked, player, task)
        )

    def increments(self) -> int:
        """Sum of all counters; they are deleted."""
        primary = self.cluster.shards[0].primary
        total = 0
        for key in list(primary.client.scan_iter()):
            total += int(primary.ask("GETDEL", key))
        return total


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    folder = tmp_path_factory.mktemp("ramp")
    facts, _, _ = planned(folder, recording())
    with boot(ClusterSpec(choose(), shards=1, replicas=0)) as cluster:
        yield Cluster(cluster, PlanFiles(folder / "plan"), facts)


def test_every_step_plays_its_share_of_the_recording_whole_and_in_the_time_its_rate_gives(up: Cluster) -> None:
    ramp = up.climb(PATIENT)
    played = [step.played for step in ramp.steps]
    # Half are reads and half writes: 1,050 of each, for a p99 with room to spare, are 2,100 operations.
    assert {each.operations for each in played} == {2_100}
    assert {each.latency_us[name].count for each in played for name in ("read", "write")} == {1_050}
    assert up.increments() == 1_050 * len(played)
    assert all(each.reached_ops_per_s <= each.asked_ops_per_s for each in played)
    assert not up.files.folder.joinpath(ramping.PHASE).exists()
    held = [step.played.reached_ops_per_s for step in ramp.steps if step.held]
    assert ramp.knee_ops_per_s == max(held, default=None)
    assert (ramp.limited_by == HIGHEST) == (len(held) == len(PATIENT.rates))
    assert {each.phase for each in up.said} == {ramping.PHASE}


def test_an_objective_nobody_can_keep_leaves_no_knee_and_says_what_broke(up: Cluster) -> None:
    hasty = RampSpec(read_us=0.1, write_us=0.1, step_s=0.2, rest_s=0.0, tries=1, rates=(8_000.0, 16_000.0))
    ramp = up.climb(hasty)
    assert len(ramp.steps) == 1
    assert (ramp.knee_ops_per_s, ramp.knee_high_ops_per_s) == (None, 8_000)
    assert "> 0.0001 ms" in ramp.steps[0].why


def test_a_ramp_that_is_asked_to_stop_stops_and_leaves_no_player(
    up: Cluster, children: Callable[[], list[Any]]
) -> None:
    before = len(up.said)

    def stop_when_it_plays() -> None:
        if any("playing" in each.message for each in up.said[before:]):
            raise Cancelled("Cancelled on request.")

    slow = RampSpec(read_us=60e6, write_us=60e6, step_s=30.0, rest_s=0.0, rates=(1_000.0,))
    with pytest.raises(Cancelled):
        up.climb(slow, stop_when_it_plays)
    assert children() == []


def test_a_node_that_dies_on_the_way_leaves_the_steps_that_were_played(up: Cluster) -> None:
    before = len(up.said)

    def kill_in_the_second_step() -> None:
        if any("Step 2" in each.message for each in up.said[before:]):
            up.cluster.shards[0].primary.process.kill()
        up.cluster.require_alive()

    ramp = up.climb(PATIENT, kill_in_the_second_step)
    assert len(ramp.steps) == 1
    assert ramp.limited_by == INTERRUPTED
    assert ramp.knee_ops_per_s == (ramp.steps[0].played.reached_ops_per_s if ramp.steps[0].held else None)


def test_in_durable_mode_every_step_waits_for_its_commits(tmp_path: Path) -> None:
    facts, _, _ = planned(tmp_path, recording())
    with boot(ClusterSpec(choose(), shards=1, replicas=2, durable=True)) as cluster:
        up = Cluster(cluster, PlanFiles(tmp_path / "plan"), facts)
        ramp = up.climb(replace(PATIENT, rates=(3_000.0,), tries=1))
        assert [(step.played.operations, step.played.unanswered) for step in ramp.steps] == [(2_100, 0)]
        waits = cluster.shards[0].primary.info("commandstats")["cmdstat_wait"]["calls"]
        assert 0 < waits <= 1_050
        assert up.increments() == 1_050
