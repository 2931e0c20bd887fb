"""What sizing assumes of databases, serverless caches and clusters of one's own, and what the person's settings set."""

from __future__ import annotations

from collections.abc import Iterator

from planner.pricing import designs
from planner.pricing.catalogue import ELASTICACHE
from planner.pricing.designs.base import VENDOR_DOCS
from planner.pricing.terms import ON_DEMAND_TERM, TERMS
from planner.sizing.model.answers import Answers
from planner.sizing.model.figures import Assumption
from planner.sizing.parts import dynamodb, others, relational
from planner.sizing.words import percent

_SOURCE = "no source; replaced once one is measured"
_YOURS = "your answer"


def part_assumptions(answers: Answers) -> Iterator[Assumption]:
    """Of the chosen designs only. Settings that stand at their default are said elsewhere or not at all."""
    parts = {part.id for design_id in answers.designs for part in designs.find(design_id)}
    if any(each.startswith(("aurora", "rds")) for each in parts):
        yield from _relational(parts)
    if "dynamodb-provisioned" in parts:
        value = f"at {percent(dynamodb.SCALING_TARGET)} of capacity, following the busiest second of each minute"
        yield Assumption("DynamoDB auto scaling", value, "assumed", f"{VENDOR_DOCS}'s default target")
    if any(each.startswith("elasticache-serverless") for each in parts):
        value = "one a started kilobyte moved; of other commands than simple ones the larger of that and CPU time"
        yield Assumption("Processing units of a command", value, "published", VENDOR_DOCS)
    if "ec2-redis" in parts:
        yield from _ec2(answers)
    if any(each.startswith(("gcp", "azure")) for each in parts):
        yield from _other_vendors(answers, parts)
    yield from _settings(answers, parts)


def _relational(parts: set[str]) -> Iterator[Assumption]:
    read, write = relational.READ_CPU_US, relational.WRITE_CPU_US
    yield Assumption("Database CPU by primary key", f"{read:g} µs a read, {write:g} µs a write", "assumed", _SOURCE)
    stored = f"{relational.ROW_OVERHEAD_BYTES} bytes more, and × {relational.INDEX_AND_BLOAT:g} for the index and bloat"
    yield Assumption("Row in a relational database", stored, "assumed", _SOURCE)
    memory = f"{percent(relational.HOT_SHARE)} of what is stored, in {percent(relational.BUFFER_SHARE)} of its memory"
    yield Assumption("Data an instance holds in memory", memory, "assumed", _SOURCE)
    yield Assumption("I/O requests of a write", f"{relational.IOS_PER_WRITE:g}", "assumed", _SOURCE)
    if any(each.startswith("aurora") for each in parts):
        yield Assumption("Aurora instances", "a writer and a reader as large in another zone", "assumed", _SOURCE)
    if "aurora-serverless-v2" in parts:
        value = f"{relational.ACU_VCPU:g} vCPU and {relational.ACU_BYTES // 2**30} GiB a capacity unit"
        yield Assumption("Aurora Serverless v2", value, "assumed", _SOURCE)


def _ec2(answers: Answers) -> Iterator[Assumption]:
    value = f"{percent(others.EC2_USABLE)} of an instance's: room for the fork, buffers and the system"
    yield Assumption("Memory for data on EC2", value, "assumed", _SOURCE)
    hours, usd = answers.operations_hours, answers.operations_usd_per_hour
    yield Assumption("Work on nodes of one's own", f"{hours:f} hours a month at {usd:f} USD", "assumed", _YOURS)
    yield Assumption("Replication on EC2", "leaves the zone to each replica, charged on both sides", "assumed")


def _other_vendors(answers: Answers, parts: set[str]) -> Iterator[Assumption]:
    sizes = {
        **(others.CLUSTER_GIB if "gcp-memorystore-cluster" in parts else {}),
        **(others.MANAGED_GIB if "azure-managed-redis" in parts else {}),
        **(others.CACHE_GIB if "azure-cache-redis" in parts else {}),
    }
    if sizes:
        listed = ", ".join(f"{name} {gib:g} GiB" for name, gib in sizes.items())
        yield Assumption("Node sizes of other vendors", listed, "assumed", "not in the price lists read")
    yield Assumption("Memory for data there", f"{percent(others.USABLE)} of a node's", "assumed", _SOURCE)
    for vendor, title in (("gcp", "GCP"), ("azure", "Azure")):
        if any(each.startswith(vendor) for each in parts):
            stands = f"{others.other_region(vendor, answers.region)} stands in for {answers.region}"
            yield Assumption(f"Region of {title}", stands, "assumed", "the regions whose prices were read")


def _settings(answers: Answers, parts: set[str]) -> Iterator[Assumption]:
    if answers.term != ON_DEMAND_TERM:
        value = f"{TERMS[answers.term].title}; upfront fees spread over the term"
        yield Assumption("Reservation", value, "assumed", _YOURS)
    if answers.zone_replication == "charged" and any(designs.BY_ID[each].service == ELASTICACHE for each in parts):
        yield Assumption("ElastiCache replication between zones", "charged on both sides", "assumed", _YOURS)
    if answers.clients_other_zone:
        value = f"{percent(answers.clients_other_zone)} of their bytes, charged on both sides"
        yield Assumption("Clients in another zone", value, "assumed", _YOURS)
    if answers.clients_internet:
        value = f"{percent(answers.clients_internet)} of the bytes answered"
        yield Assumption("Answers to the internet", value, "assumed", _YOURS)
    if answers.free_backup_gb:
        yield Assumption("Free ElastiCache backups", f"{answers.free_backup_gb:f} GB", "assumed", _YOURS)
    if answers.savings_plan_percent:
        value = f"{answers.savings_plan_percent:f} % off Aurora's instances and capacity"
        yield Assumption("Savings plan", value, "assumed", _YOURS)
