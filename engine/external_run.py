"""A replay on somebody else's cluster from a stored trace to a measurement: plan, judge, confirm, connect, play, remove.

Nothing is connected to before the plan is judged and the confirmation given.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np

from engine.cluster.external.cluster import ExternalCluster, connected
from engine.cluster.external.target import Target
from engine.errors import InputError, Interrupted
from engine.external_measurement import ExternalMeasurement, ExternalTopology
from engine.progress import Progress, Report, ShouldStop, ignore, never, stop_if_asked
from engine.recording.connection import Lost, Refused
from engine.replay import population
from engine.replay.external import audit, clean_up, live
from engine.replay.external.admission import admitted, under
from engine.replay.external.collecting import Facts, collect
from engine.replay.external.keys import Prefix
from engine.replay.external.rate import DEFAULT_PER_S, MOST_PER_S, paced
from engine.replay.live_task import expected_bytes
from engine.replay.plan import INDEX, PlanFacts, PlanFiles
from engine.replay.planning import compile_plan
from engine.replay.remote.hosting import Workers
from engine.replay.splitting import require_players
from engine.replay.survey import Survey
from engine.run import MAX_SPEED
from engine.traces.model import Operation
from engine.traces.store import iter_operations, read_header

CONFIRMATION = "--i-own-this-cluster"
_LATE_ENOUGH_NS = 1_000_000


@dataclass(frozen=True, slots=True)
class ExternalSpec:
    """What to replay and where. `confirmed`: the person said that they may load this cluster. `folder` takes working files."""

    trace: Path
    folder: Path
    target: Target
    prefix: Prefix
    confirmed: bool = False
    per_s: float = DEFAULT_PER_S
    speed: float = 1.0
    seed: int = 1
    remove_leftovers: bool = False
    players: int = 1


def measure_there(
    spec: ExternalSpec, *, report: Report = ignore, should_stop: ShouldStop = never, workers: Workers | None = None
) -> ExternalMeasurement:
    """Replay and measure. With `workers`, those play it, as many as `spec.players`.

    Raises InputError for what the person can mend, Interrupted when the cluster is lost on the way, Cancelled when asked to
    stop. Own keys are removed in every case; an error says so when they could not be."""
    if not 0 < spec.per_s <= MOST_PER_S:
        raise InputError(
            f"{spec.per_s:g} commands a second.", source="--max-rate", expected=f"above 0, at most {MOST_PER_S:,.0f}."
        )
    if not 0 < spec.speed <= MAX_SPEED:
        raise InputError(
            f"{spec.speed} is not a speed.", source="--speed", expected=f"more than 0, at most {MAX_SPEED:g}."
        )
    require_players(spec.players)
    run = _Run(spec, report, should_stop, workers)
    survey = run.surveyed()
    facts = run.planned(survey)
    if not spec.confirmed:
        raise _unconfirmed(spec, facts, survey)
    if workers is not None:
        workers.gather(report, should_stop)
    try:
        return run.played(survey, facts)
    except Lost as error:
        raise Interrupted(str(error)) from error
    except Refused as error:
        raise InputError(
            f"the server refused what has to be asked ({error}).",
            source=str(spec.target),
            expected="a user who may run SCAN and UNLINK, so that own keys can be removed, and write under the prefix.",
            remedy=f"ACL SETUSER <user> ~{spec.prefix.text.decode()}* +@all -@dangerous +info +cluster|slots",
        ) from error


def _unconfirmed(spec: ExternalSpec, facts: PlanFacts, survey: Survey) -> InputError:
    keys = survey.populated + len(survey.standing)
    return InputError(
        f"{facts.units:,} commands at up to {spec.per_s:,.0f} a second, after {keys:,} keys created first, would be sent to "
        f"{spec.target}; every key under “{spec.prefix.text.decode()}”, all of them removed afterwards. Nothing was sent.",
        source=CONFIRMATION,
        expected="the confirmation that this cluster is yours to load, or that its owner agrees.",
        remedy=f"Add {CONFIRMATION}. Do not aim at a cluster that serves customers.",
    )


class _Run:
    def __init__(
        self, spec: ExternalSpec, report: Report, should_stop: ShouldStop, workers: Workers | None = None
    ) -> None:
        self.workers = workers
        self.spec = spec
        self.report = report
        self.should_stop = should_stop
        self.header = read_header(spec.trace)
        self.files = PlanFiles(spec.folder)
        self.moved = 0
        self.unpopulated: Counter[str] = Counter()

    def surveyed(self) -> Survey:
        self.report(Progress("plan", message="Looking over the recording"))
        survey = Survey()
        for operation in self._population(self.unpopulated):
            stop_if_asked(self.should_stop)
            survey.populate(operation)
        for operation in self._traffic(Counter()):
            stop_if_asked(self.should_stop)
            survey.look_at(operation)
        survey.close()
        return survey

    def _population(self, refused: Counter[str]) -> Iterator[Operation]:
        return admitted(islice(iter_operations(self.spec.trace), self.header.population), refused)

    def _traffic(self, refused: Counter[str]) -> Iterator[Operation]:
        return admitted(islice(iter_operations(self.spec.trace), self.header.population, None), refused)

    def planned(self, survey: Survey) -> PlanFacts:
        """The plan, within the rate, every byte of it judged."""
        refused: Counter[str] = Counter()
        facts = compile_plan(
            under(self.spec.prefix, self._traffic(refused), survey.counted),
            self.header,
            survey,
            self.files,
            speed=self.spec.speed,
            report=self.report,
            should_stop=self.should_stop,
        )
        left_out = Counter(facts.not_replayed) + refused
        facts = dataclasses.replace(
            facts,
            operations=facts.operations + refused.total(),
            not_replayed=dict(left_out),
            duration_ns=self._pace(facts),
        )
        self.files.write_facts(facts)
        audit.require_safe(self.files, self.spec.prefix)
        if not facts.units and not self.header.population:
            reasons = ", ".join(f"{count:,} {reason}" for reason, count in left_out.items())
            raise InputError(
                f"none of its {facts.operations:,} operations may be sent there ({reasons}).",
                source=self.header.source_name,
                expected="commands that read or write keys they name.",
            )
        return facts

    def _pace(self, facts: PlanFacts) -> int:
        """Keep the plan within the rate; answers how long it then takes (ns)."""
        if not facts.units:
            return facts.duration_ns
        index = np.memmap(self.files.index, dtype=INDEX, mode="r+")
        recorded = index["due_ns"].astype(np.int64)
        due = paced(recorded, index["operations"].astype(np.int64), self.spec.per_s)
        self.moved = int(np.count_nonzero(due - recorded > _LATE_ENOUGH_NS))
        index["due_ns"] = due
        index.flush()
        return max(facts.duration_ns, int(due[-1]))

    def played(self, survey: Survey, facts: PlanFacts) -> ExternalMeasurement:
        self.report(Progress("connect", message=f"Connecting to {self.spec.target}"))
        with connected(self.spec.target) as cluster:
            if self.spec.remove_leftovers:
                removal = clean_up.remove_own(cluster, self.spec.prefix, per_s=self.spec.per_s, report=self.report)
                if removal.failure:
                    raise Interrupted(live.left_behind(self.spec.prefix, removal.failure))
            task = live.LiveTask(
                folder=self.spec.folder,
                facts=facts,
                creations=self._creations(survey),
                expected_bytes=expected_bytes(survey),
                prefix=self.spec.prefix,
                per_s=self.spec.per_s,
                players=self.spec.players,
                workers=self.workers,
            )
            found = live.run(task, cluster, report=self.report, should_stop=self.should_stop)
            return collect(self.spec.folder, self._facts(survey, facts, cluster), found)

    def _creations(self, survey: Survey) -> Iterator[population.Creation]:
        """Commands that make the keys the replay starts from, as recorded."""
        recorded = self._population(Counter())
        yield from population.recorded_creations(recorded, self.header, speed=self.spec.speed)
        yield from population.creations(survey, seed=self.spec.seed, speed=self.spec.speed)

    def _facts(self, survey: Survey, facts: PlanFacts, cluster: ExternalCluster) -> Facts:
        replicas = sum(shard.replicas for shard in cluster.shards)
        return Facts(
            target=str(self.spec.target),
            prefix=self.spec.prefix.text.decode(),
            topology=ExternalTopology(len(cluster.shards), replicas, cluster.clustered),
            header=self.header,
            facts=facts,
            per_s=self.spec.per_s,
            assumptions=(*self._notes(facts), *population.assumptions(survey)),
        )

    def _notes(self, facts: PlanFacts) -> Iterator[str]:
        yield (
            "Every key stood under the prefix, in the slot it was recorded in: names are longer by the prefix, and so are "
            "requests and replies that hold names."
        )
        if self.moved:
            yield (
                f"{self.moved:,} of {facts.units:,} commands were sent later than recorded, to stay within "
                f"{self.spec.per_s:,.0f} a second."
            )
        for reason, count in self.unpopulated.items():
            yield f"{count:,} operations of the keyspace the recording starts from were left out: {reason}."
