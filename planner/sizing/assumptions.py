"""Every figure of an estimate that was not measured, with its tag and source, for the reader to judge or change."""

from __future__ import annotations

from collections.abc import Iterator

from engine.measurement import Measurement
from planner.pricing import designs, money
from planner.pricing.catalogue import ELASTICACHE, MEMORYDB
from planner.pricing.designs.base import PAPER, VENDOR_DOCS
from planner.pricing.terms import ON_DEMAND_TERM
from planner.sizing.extras import extra_assumptions
from planner.sizing.growth_words import growth_assumptions
from planner.sizing.model.answers import Answers
from planner.sizing.model.figures import Assumption
from planner.sizing.model.needs import Needs
from planner.sizing.needs import hit_rate
from planner.sizing.nodes import SERVICES
from planner.sizing.part_assumptions import part_assumptions
from planner.sizing.parts.dynamodb import ITEM_OVERHEAD_BYTES
from planner.sizing.price_spread import ALL_KINDS, JUDGED, LISTS
from planner.sizing.uncertainty import CONFIDENCE, Spreads
from planner.sizing.verdict import WORTH_A_DATABASE
from planner.sizing.words import percent

_YOURS = "your answer"


def assumptions_of(
    answers: Answers, needs: Needs, measurement: Measurement, spreads: Spreads, key_sampling: float = 1.0
) -> tuple[Assumption, ...]:
    """All assumptions behind the chosen designs, the person's own answers first."""
    services = {
        part.service for design_id in answers.designs for part in designs.find(design_id) if part.service in SERVICES
    }
    databases = {
        part.id for design_id in answers.designs for part in designs.find(design_id) if part.role == "database"
    }
    return (
        *_answers(answers),
        *_sampling(key_sampling),
        *_memory(needs, measurement, services),
        *_capacity(answers, services),
        *(extra_assumptions(answers, needs) if services else ()),
        *(_database(answers, needs, databases) if databases else ()),
        *part_assumptions(answers),
        *_money(answers, services),
        *_range(spreads),
        *_elsewhere(measurement),
        *(Assumption("From the run", text, "assumed", "the run") for text in measurement.assumptions),
    )


def _answers(answers: Answers) -> Iterator[Assumption]:
    yield Assumption("Recording is", f"the {answers.recording_is}", "assumed", _YOURS)
    yield Assumption("Peak to average", f"{answers.peak_to_average:g}", "assumed", _YOURS)
    yield Assumption("Share of traffic recorded", f"{answers.traffic_share * 100:g} %", "assumed", _YOURS)
    yield from growth_assumptions(answers)
    yield Assumption("Target utilisation at peak", f"{percent(answers.target_utilisation)}", "assumed", _YOURS)
    yield Assumption("Memory kept free", f"{percent(answers.memory_headroom)}", "assumed", _YOURS)
    yield Assumption("Replicas per shard", str(answers.replicas), "assumed", _YOURS)
    yield Assumption("Snapshots kept", f"{answers.snapshot_retention_days} (one a day)", "assumed", _YOURS)


def _sampling(key_sampling: float) -> Iterator[Assumption]:
    if key_sampling < 1:
        value = f"{percent(key_sampling, 3)}; the others are taken to be like them"
        yield Assumption("Share of keys recorded", value, "recorded", "the recording")


def _memory(needs: Needs, measurement: Measurement, services: set[str]) -> Iterator[Assumption]:
    factor = measurement.memory.allocator_correction
    yield Assumption(
        "Allocator factor", f"{factor.factor:g} ({factor.low:g} to {factor.high:g})", factor.tag, factor.source
    )
    if needs.older_layout_bytes and MEMORYDB in services:
        engine = f"{measurement.engine.name} {measurement.engine.version}"
        likely, high = needs.older_layout_bytes / 1e6, needs.older_layout_high_bytes / 1e6
        value = f"{likely:.1f} to {high:.1f} MB more than measured: MemoryDB runs the 7.x line, the run {engine}"
        yield Assumption("Memory layout of the engine", value, "derived", "engine sources")
    if ELASTICACHE in services:
        yield Assumption(
            "ElastiCache reserved memory", f"{percent(SERVICES[ELASTICACHE].reserve)}", "published", VENDOR_DOCS
        )
    if MEMORYDB in services:
        yield Assumption("MemoryDB reserved memory", "none beyond maxmemory", "assumed")


def _capacity(answers: Answers, services: set[str]) -> Iterator[Assumption]:
    for name in sorted(services):
        service = SERVICES[name]
        large = f"{service.reads_large:,.0f} reads/s or {service.writes_large:,.0f} writes/s"
        yield Assumption(f"{service.title} node, 2xlarge and up", large, "published", PAPER)
        yield Assumption(
            f"{service.title} node below 2xlarge, reads", f"{service.reads_small:,.0f}/s", "published", PAPER
        )
        small = f"{service.writes_small:,.0f}/s: taken to fall with size as reads do"
        yield Assumption(f"{service.title} node below 2xlarge, writes", small, "assumed", PAPER)
    yield Assumption("Burstable nodes", "20 % of a vCPU for ever (micro 10 %), and only as a single shard", "assumed")
    yield Assumption("Where reads go", "to the primary", "assumed")
    yield Assumption("Network", "both directions together under the baseline rate", "assumed")
    if MEMORYDB in services:
        yield Assumption(
            "Replication per shard", "100 MB/s at most, held against the busiest second", "published", VENDOR_DOCS
        )
        yield Assumption("MemoryDB log traffic", "each write leaves the primary once", "assumed")


def _database(answers: Answers, needs: Needs, databases: set[str]) -> Iterator[Assumption]:
    rate = hit_rate(needs.hit_curve, answers.cache_share)
    if rate is None:
        yield Assumption("Hit rate of the cache", "not known: every read is charged to the database", "assumed")
    else:
        value = f"{percent(rate, 1)} of reads at {percent(answers.cache_share)} of the data; the cache is warm"
        yield Assumption("Hit rate of the cache", value, "measured", "simulation of this trace")
    if not any(each.startswith("dynamodb") for each in databases):
        return
    yield Assumption("DynamoDB reads", f"{answers.read_consistency}ly consistent", "assumed", _YOURS)
    yield Assumption("DynamoDB item overhead", f"{ITEM_OVERHEAD_BYTES} bytes an item", "published", VENDOR_DOCS)
    yield Assumption("DynamoDB backups", "none in the bill", "assumed")
    yield Assumption("DynamoDB free 25 GB", "not taken off: it belongs to the account", "published", VENDOR_DOCS)


def _money(answers: Answers, services: set[str]) -> Iterator[Assumption]:
    usual = answers.hours_per_month == money.HOURS_PER_MONTH
    month = ("published", "vendor's calculators") if usual else ("assumed", _YOURS)
    yield Assumption("Hours in a month", str(answers.hours_per_month), *month)
    yield Assumption("GB", "10^9 bytes", "assumed")
    if answers.term == ON_DEMAND_TERM:
        yield Assumption("Terms", "on demand, no reservation", "assumed")
    if answers.zone_replication == "free" and not (answers.clients_other_zone or answers.clients_internet):
        yield Assumption("Traffic between zones and out", "not in the bill; sources disagree on replication", "assumed")
    if MEMORYDB in services:
        yield Assumption(
            "Data written, billed bytes", "the replication stream's; the vendor publishes no definition", "assumed"
        )
        free = "10,000" if answers.free_tb == "decimal" else "10,240"
        yield Assumption("Valkey's free 10 TB", f"{free} GB a month for the cluster", "assumed")
        rule = "up to the memory of all nodes; older wording: one snapshot"
        if answers.free_snapshot == "one-snapshot":
            rule = "one snapshot, as the older wording has it; the pricing page says the memory of all nodes"
        yield Assumption("Free snapshots", rule, "published", VENDOR_DOCS)


def _elsewhere(measurement: Measurement) -> Iterator[Assumption]:
    there = measurement.latency_from
    if there is None:
        return
    engine = f"{there.engine.name} {there.engine.version}" if there.engine else "a server of an unknown version"
    where = f"{there.shards} shards with {there.replicas} replicas in all, at most {there.most_per_s:,.0f} commands a second"
    yield Assumption("Latency", f"of {there.target}: {engine}, {where}", "measured", "the run there")
    here = f"{measurement.engine.name} {measurement.engine.version}"
    yield Assumption(
        "Memory, data written, CPU, snapshot", f"of a cluster of this machine: {here}", "measured", "the run here"
    )
    value = "the cluster there needs per key and command what the one here does"
    yield Assumption("Both runs together", value, "assumed", "one recording, two clusters")


def _range(spreads: Spreads) -> Iterator[Assumption]:
    for name, spread in (("operations", spreads.operations), ("data written", spreads.written)):
        value = f"{spread.low - 1:+.1%} to {spread.high - 1:+.1%}"
        source = "resampled seconds of the run" if spread.measured else "the run is too short to resample"
        yield Assumption(f"Sampling of {name}", value, "measured" if spread.measured else "assumed", source)
    for tag, source in (("published", LISTS), ("assumed", JUDGED)):
        kinds = ", ".join(f"{kind.name} ± {percent(kind.spread, 1)}" for kind in ALL_KINDS if kind.source == source)
        yield Assumption(f"Spread of prices that were not read, by {source}", kinds, tag, source)
    value = f"{percent(CONFIDENCE)} likely to hold the bill; causes taken as independent"
    yield Assumption("Ranges", value, "assumed", "a judgement")
    rule = f"recommended only when {percent(WORTH_A_DATABASE)} cheaper than a durable in-memory store"
    yield Assumption("A design with a database", rule, "assumed", "a judgement")
