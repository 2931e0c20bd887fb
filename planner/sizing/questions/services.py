"""Which service: nodes or serverless, DynamoDB or memory, durable or not, and what serverless charges for."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from planner.pricing import designs
from planner.pricing.quote import quote
from planner.sizing.bill import Sized
from planner.sizing.growth import scaled, scaled_data
from planner.sizing.model.figures import Figure
from planner.sizing.model.needs import Needs
from planner.sizing.questions.case import Case, NotKnown, Said, amount_of, bill, cluster, rate, total, usd
from planner.sizing.words import counted, percent

NODES, SERVERLESS = "elasticache-valkey", "elasticache-serverless-valkey"
DURABLE, SYNC = "memorydb-valkey", "elasticache-durable-sync"
COMPARED = (DURABLE, NODES, "dynamodb-on-demand")
ASKED_READS, ASKED_WRITES, ASKED_BYTES = 30_000.0, 5_000.0, 100 * 10**9


def nodes_or_serverless(case: Case) -> Said:
    """Both bills, and the rate at which they meet."""
    (nodes, serverless), bare = case.together(NODES, SERVERLESS)
    cheaper, other = sorted((nodes, serverless), key=total)
    gap = usd(total(other) - total(cheaper))
    which = "Serverless" if cheaper is serverless else "Nodes"
    answer = (
        f"{which}: {_title(cheaper)} costs {usd(total(cheaper))} a month and {_title(other)} {usd(total(other))}, {gap} more. "
        f"{_meeting(nodes, serverless)}{bare}"
    )
    return answer, (bill(nodes), bill(serverless))


def _meeting(nodes: Sized, serverless: Sized) -> str:
    units, stored = _ecpu_usd(serverless), total(serverless) - _ecpu_usd(serverless)
    room = total(nodes) - stored
    if not units:
        return "The workload takes no processing units, so only the data it holds decides."
    if room <= 0:
        return f"At no rate would serverless be cheaper: holding the data alone costs {usd(stored)}."
    return f"With this data they cost the same at {_times(room / units)} of this rate; below it serverless is cheaper."


def which_service(case: Case) -> Said:
    """For the figures of the question, of items and a mix like this workload's, then for the workload itself."""
    asked = asked_needs(case.needs)
    for_asked = [case.size(each, asked) for each in COMPARED]
    own = [case.size(each) for each in COMPARED]
    if not any(one.quote for one in (*for_asked, *own)):
        raise NotKnown("None of the three fits, neither for those figures nor for this workload.")
    needs = case.needs
    held = f"{rate(needs.peak_reads_per_s, 'reads')}, {rate(needs.peak_writes_per_s, 'writes')}, "
    held += amount_of(needs.memory_bytes)
    answer = (
        f"For 30,000 reads/s and 5,000 writes/s at peak on 100 GB, of items like yours: {_ranked(for_asked)}. "
        f"For your own {held}: {_ranked(own)}. ElastiCache may lose acknowledged writes, the other two do not; "
        f"DynamoDB answers in single-digit milliseconds, the others below one."
    )
    figures = [replace(bill(one), name=f"{_title(one)}, 30k + 5k, 100 GB") for one in for_asked if one.quote]
    return answer, (*figures, *(bill(one) for one in own if one.quote))


def asked_needs(needs: Needs) -> Needs:
    """The question's figures in the shape of this workload: its sizes, its mix of commands, its hottest slot."""
    if not (needs.memory_bytes and needs.peak_reads_per_s + needs.peak_writes_per_s):
        raise NotKnown("The workload has no data or no traffic to take the shape of items from.")
    operations = (ASKED_READS + ASKED_WRITES) / (needs.peak_reads_per_s + needs.peak_writes_per_s)
    writes = ASKED_WRITES / needs.peak_writes_per_s if needs.peak_writes_per_s else 0.0
    reads = ASKED_READS / needs.peak_reads_per_s if needs.peak_reads_per_s else 0.0
    whole = scaled(scaled_data(needs, ASKED_BYTES / needs.memory_bytes), operations=operations, written=writes)
    items = replace(
        whole.items, writes_per_s=needs.items.writes_per_s * writes, reads_per_s=needs.items.reads_per_s * reads
    )
    return replace(
        whole,
        peak_reads_per_s=ASKED_READS,
        peak_writes_per_s=ASKED_WRITES,
        average_reads_per_s=needs.average_reads_per_s * reads,
        average_writes_per_s=needs.average_writes_per_s * writes,
        items=items,
    )


def is_durability_worth_it(case: Case) -> Said:
    """What it costs beside what a failover without it may lose."""
    (durable, cache), bare = case.together(DURABLE, NODES)
    sync = case.size(SYNC)
    more = total(durable) - total(cache)
    writes = case.needs.peak_writes_per_s
    other = f" ElastiCache with synchronous durability costs {usd(total(sync))}." if sync.quote else ""
    answer = (
        f"It costs {usd(more)} a month: {_title(durable)} {usd(total(durable))} against {usd(total(cache))} for "
        f"{_title(cache)}.{other} Without it each second of replication that a failover "
        f"cuts off loses up to {writes:,.0f} writes at peak, "
        f"and losing all nodes loses {case.needs.keys:,} keys. With it a write takes about 3 ms (p50) instead of less than 1; "
        f"reads are as fast. It is worth it when losing those writes once a month costs more than {usd(more)}."
    )
    if more <= 0:
        answer = (
            f"It costs nothing here: {_title(durable)} at {usd(total(durable))} a month is no dearer than "
            f"{_title(cache)} at {usd(total(cache))}, and loses no acknowledged write."
        )
    figures = (
        bill(durable),
        bill(cache),
        *((bill(sync),) if sync.quote else ()),
        Figure("Writes a second at peak", rate(writes, "writes"), "measured"),
        Figure("Write latency p50, durable", "3 ms", "published"),
    )
    return answer + bare, figures


def why_serverless_costs(case: Case) -> Said:
    """What of the bill is processing units, why they are more than operations, and what an idle cache costs."""
    (sized,), bare = case.together(SERVERLESS)
    idle = {engine: _idle(f"elasticache-serverless-{engine}", case) for engine in ("valkey", "redis")}
    needs = case.needs
    operations = needs.average_reads_per_s + needs.average_writes_per_s
    each = needs.ecpu_per_s / operations if operations else 0.0
    units = _ecpu_usd(sized)
    share = percent(units / total(sized)) if total(sized) else "0 %"
    answer = (
        f"Of {usd(total(sized))} a month, {usd(units)} ({share}) are processing units: {each:.2f} for each operation here, "
        f"since a command takes one for every started kilobyte it moves and one that computes takes more. They follow every "
        f"request, so a burst, a retry or a larger value shows in the bill. Idle, the least that is billed is held data: "
        f"{usd(idle['redis'])} a month for Redis OSS (1 GB), {usd(idle['valkey'])} for Valkey (0.1 GB)."
    )
    return answer + bare, (
        bill(sized),
        Figure("Processing units an operation", f"{each:.2f} ECPU", "derived"),
        Figure("Idle, Redis OSS", f"{usd(idle['redis'])} a month", "published"),
        Figure("Idle, Valkey", f"{usd(idle['valkey'])} a month", "published"),
    )


def _idle(design_id: str, case: Case) -> Decimal:
    found = quote({"design": design_id, "region": case.answers.region, "hours": case.answers.hours_per_month})
    if found.missing:
        raise NotKnown(f"No price of {designs.title(design_id)} is known in {case.answers.region}.")
    return found.monthly_usd


def _ecpu_usd(sized: Sized) -> Decimal:
    assert sized.quote is not None
    lines = (line.amount for line in sized.quote.lines if "ECPU" in line.name and line.amount is not None)
    return sum(lines, Decimal(0))


def _ranked(sized: list[Sized]) -> str:
    fitting = sorted((one for one in sized if one.quote is not None), key=total)
    priced = [f"{_title(one)} {_at_least(one)}{usd(total(one))}{_on(one)}" for one in fitting]
    return "; ".join((*priced, *(f"{_title(one)} does not fit" for one in sized if one.quote is None)))


def _at_least(one: Sized) -> str:
    return "at least " if one.quote is not None and one.quote.missing else ""


def _on(one: Sized) -> str:
    return f" ({counted(one.plan.shards, 'shard')} of {one.plan.node_type})" if one.plan and cluster(one) else ""


def _title(one: Sized) -> str:
    return designs.title(one.design_id)


def _times(ratio: Decimal) -> str:
    return percent(ratio, 1) if ratio < 10 else f"{ratio:,.0f} times"
