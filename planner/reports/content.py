"""The words and tables of the printed estimate: every cell already formatted, nothing about how it looks.

`content` gives plain JSON types for `templates/estimates/estimate.typ`. All text is data there, never markup.
"""

from __future__ import annotations

import math
from typing import Any

from engine.measurement import Measurement
from planner.pricing.money import SECONDS_PER_MONTH, cents
from planner.pricing.terms import TERMS
from planner.reports.content_measured import keys_share, measured
from planner.reports.content_outlook import printed_outlook
from planner.reports.document import EstimateDocument
from planner.reports.facts_carrying import assumption, carrying_facts
from planner.reports.facts_money import design_colours, hit_curve_facts, sensitivity_facts
from planner.reports.wording import (
    UNKNOWN,
    billed_size,
    count,
    counted,
    duration,
    joined,
    latency,
    latency_promise,
    quantity,
    rate,
    share,
    size,
    unit_price,
    usd,
)
from planner.sizing.breaks import Break, breaks_of
from planner.sizing.model.bills import CostLine, Range
from planner.sizing.model.figures import Question
from planner.sizing.model.result import DesignEstimate

Pairs = list[list[str]]
LONGEST_HEADER = 60
_MONTHS_A_YEAR = 12


def content(document: EstimateDocument) -> dict[str, Any]:
    """Everything the PDF prints except the charts."""
    name = " ".join(document.name.split()) or "Estimate"
    return {
        "name": name,
        "short_name": name if len(name) <= LONGEST_HEADER else f"{name[: LONGEST_HEADER - 1]}…",
        "created": f"{document.created:%d %B %Y}".lstrip("0"),
        "version": document.version,
        "region": document.result.answers.region,
        "term": TERMS[document.result.answers.term].title,
        "questions": [_question(item) for item in document.result.questions],
        "recommended": _recommended(document),
        "key_figures": _key_figures(document),
        "designs": [_design(document, design) for design in document.result.designs],
        "needs": _needs(document),
        "recording": _recording(document),
        "answers": _answers(document),
        "assumptions": [[item.name, item.value, item.tag, item.source] for item in document.result.assumptions],
        "price_lists": [[item.name, item.version, item.oldest, item.newest] for item in document.result.price_lists],
        "sensitivity": sensitivity_facts(document).summary,
        "hit_curve": _hit_curve(document),
        "measured": measured(document.measurement, keys_share(document)),
        "limits": _limits(document),
        "carrying": _carrying(document),
        "outlook": printed_outlook(document),
    }


def _carrying(document: EstimateDocument) -> dict[str, Any]:
    tables = [
        {
            "title": facts.title,
            "summary": facts.summary,
            "columns": list(facts.columns),
            "rows": [list(row) for row in facts.rows],
        }
        for facts in carrying_facts(document)
        if facts.rows
    ]
    return {"tables": tables, "assumption": assumption(document)}


def _question(item: Question) -> dict[str, str]:
    figures = joined(tuple(f"{figure.name} {figure.value} [{figure.tag}]" for figure in item.figures))
    return {
        "question": item.question,
        "answer": item.answer or f"Not known: {item.reason}",
        "known": "yes" if item.answer else "",
        "figures": figures if item.figures else "",
    }


def _recommended(document: EstimateDocument) -> dict[str, str]:
    design = document.recommended
    title = design.title if design else "No design fits"
    return {
        "title": title,
        "why": document.result.recommended.why,
        "plan": _plan(design) if design else "",
        "monthly": _monthly(design) if design else UNKNOWN,
        "range": _range(design.monthly_usd) if design else "",
    }


def _key_figures(document: EstimateDocument) -> Pairs:
    needs, measurement = document.result.needs, document.measurement
    written = needs.replicated_bytes_per_s_average * float(SECONDS_PER_MONTH)
    overall = measurement.latency_us.get("all")
    return [
        ["Memory, one copy", size(needs.memory_bytes), f"{count(needs.keys)} keys"],
        [
            "Peak rate",
            rate(needs.peak_reads_per_s + needs.peak_writes_per_s),
            f"{rate(needs.peak_reads_per_s, 'reads/s')}, {rate(needs.peak_writes_per_s, 'writes/s')}",
        ],
        ["Data written", billed_size(written), "a month, replicated bytes"],
        [
            "Measured p99",
            latency(overall.response.p99) if overall else UNKNOWN,
            _latency_note(measurement),
        ],
    ]


def _latency_note(measurement: Measurement) -> str:
    if not measurement.valid_for_latency.ok:
        return "response; not valid, see Limits"
    return "response time, on your cluster" if measurement.latency_from else "response time"


def _design(document: EstimateDocument, design: DesignEstimate) -> dict[str, Any]:
    return {
        "title": design.title,
        "recommended": design.id == document.result.recommended.id,
        "colour": design_colours(document)[design.id],
        "plan": _plan(design),
        "monthly": _monthly(design),
        "range": _range(design.monthly_usd),
        "yearly": _yearly(design),
        "breaks": "; ".join(one.text for one in _breaks(document, design)) or "none known",
        "horizon": _horizon(document, design),
        "binding": _binding(design),
        "room": _room(design),
        "read": latency_promise(design.read_latency_us),
        "write": latency_promise(design.write_latency_us),
        "acknowledged": design.durability.acknowledged_after,
        "loss": design.durability.loss_window,
        "failover": design.durability.failover_s,
        "consistency": design.durability.consistency,
        "durability_source": design.durability.source,
        "flags": list(design.flags),
        "lines": [_line(line) for line in design.lines],
    }


def _yearly(design: DesignEstimate) -> str:
    if design.yearly_usd is not None:
        return usd(design.yearly_usd.likely)
    return usd(cents(design.monthly_usd.likely) * _MONTHS_A_YEAR) if design.monthly_usd else UNKNOWN


def _breaks(document: EstimateDocument, design: DesignEstimate) -> tuple[Break, ...]:
    return breaks_of(design, document.result.needs, document.result.answers)


def _plan(design: DesignEstimate) -> str:
    plan = design.plan
    if plan is None:
        return "nothing fits" if design.monthly_usd is None else "no nodes to choose"
    return f"{plan.node_type}, {counted(plan.shards, 'shard')}, {counted(plan.replicas, 'replica')} each"


def _monthly(design: DesignEstimate) -> str:
    if design.monthly_usd is None:
        return UNKNOWN
    return f"{'at least ' if design.missing else ''}{usd(design.monthly_usd.likely)}"


def _range(monthly: Range | None) -> str:
    if monthly is None:
        return ""
    low, high = usd(monthly.low), usd(monthly.high)
    return f"{low} to {high}" if low != high else "the same throughout"


def _horizon(document: EstimateDocument, design: DesignEstimate) -> str:
    """Sum of the months after now; "at least" when a month has no price."""
    months = [point for point in document.result.growth if point.month > 0]
    bills = [point.monthly_usd.get(design.id) for point in months]
    known = [bill for bill in bills if bill is not None]
    if not known:
        return UNKNOWN
    at_least = "at least " if len(known) < len(bills) or design.missing else ""
    return f"{at_least}{usd(sum(known[1:], known[0]))}"


def _binding(design: DesignEstimate) -> str:
    plan = design.plan
    if plan is None:
        return UNKNOWN
    used = plan.utilisation.get(plan.binding)
    return f"{plan.binding}, {share(used)} of its ceiling used" if used is not None else plan.binding


def _room(design: DesignEstimate) -> Pairs:
    """Every constraint of the plan: used share of its ceiling, and the ceiling."""
    plan = design.plan
    if plan is None:
        return []
    fullest = sorted(plan.utilisation.items(), key=lambda item: (-item[1], item[0]))
    return [[name, share(used), plan.limits.get(name, "")] for name, used in fullest]


def _line(line: CostLine) -> dict[str, str]:
    origin = [line.source, line.derivation]
    return {
        "name": line.name,
        "quantity": f"{quantity(line.quantity)} {line.unit}",
        "unit_price": unit_price(line.unit_price),
        "amount": usd(line.amount),
        "as_of": line.as_of or UNKNOWN,
        "provenance": line.provenance,
        "origin": "; ".join(text for text in origin if text),
    }


def _needs(document: EstimateDocument) -> Pairs:
    needs = document.result.needs
    reads, writes = needs.average_reads_per_s, needs.average_writes_per_s
    return [
        [
            "Memory for one copy",
            f"{size(needs.memory_bytes)} ({size(needs.memory_low_bytes)} to {size(needs.memory_high_bytes)})",
        ],
        ["Keys", count(needs.keys)],
        ["Peak reads, writes", f"{rate(needs.peak_reads_per_s, '/s')}, {rate(needs.peak_writes_per_s, '/s')}"],
        ["Average reads, writes", f"{rate(reads, '/s')}, {rate(writes, '/s')}"],
        ["Network in, out at peak", f"{size(needs.bytes_in_per_s_peak)}/s, {size(needs.bytes_out_per_s_peak)}/s"],
        [
            "Data written, peak and average",
            f"{size(needs.replicated_bytes_per_s_peak)}/s, {size(needs.replicated_bytes_per_s_average)}/s",
        ],
        ["Snapshot", size(needs.snapshot_bytes)],
        [
            "Busiest slot, busiest key",
            f"{share(needs.hottest_slot_share)}, {share(needs.hottest_key_share)} of operations",
        ],
        ["Items behind a cache", f"{count(needs.items.items)} of {size(needs.items.item_bytes)} on average"],
    ]


def _recording(document: EstimateDocument) -> Pairs:
    header, profile = document.header, document.profile
    commands = [f"{item.name} {share(item.operations / max(profile.operations, 1))}" for item in profile.commands[:6]]
    engine = [["Recorded on", header.engine_version]] if header.engine_version else []
    sampled = [["Keys sampled", share(header.key_sampling)]] if header.key_sampling != 1 else []
    return [
        ["Recording", header.source_name],
        ["SHA-256", header.source_sha256],
        [
            "Format",
            f"{header.format}, {size(header.source_bytes)}, clock resolution {latency(header.clock_resolution_us)}",
        ],
        *engine,
        *sampled,
        [
            "Operations",
            f"{count(profile.operations)} in {duration(profile.duration_s)} by {counted(profile.clients, 'client')}",
        ],
        ["Reads, writes", f"{count(profile.reads)}, {count(profile.writes)} on {count(profile.keys)} keys"],
        ["Rate", f"mean {rate(profile.mean_ops_per_s)}, peak {rate(profile.peak_ops_per_s)}"],
        ["Commands", ", ".join(commands) or UNKNOWN],
        ["Redaction", header.redaction],
    ]


def _hit_curve(document: EstimateDocument) -> dict[str, Any]:
    """About eight rows of the curve, its ends among them."""
    facts = hit_curve_facts(document)
    step = max(1, math.ceil(len(facts.rows) / 8))
    rows = facts.rows[::-1][::step][::-1]
    return {"columns": list(facts.columns), "rows": [list(row) for row in rows]}


def _answers(document: EstimateDocument) -> Pairs:
    answers = document.result.answers
    return [
        ["The recording shows", f"the {answers.recording_is} of the traffic"],
        ["Peak against average", f"{answers.peak_to_average:g} times"],
        ["Part of the traffic recorded", share(answers.traffic_share)],
        ["Growth a month", share(answers.growth_per_month)],
        ["Horizon", counted(answers.horizon_months, "month")],
        ["Replicas wanted", str(answers.replicas)],
        ["Load allowed at peak", share(answers.target_utilisation)],
        ["Memory kept free", share(answers.memory_headroom)],
        ["Data held by a cache", share(answers.cache_share)],
        ["Snapshots kept", counted(answers.snapshot_retention_days, "day")],
        ["Database reads", answers.read_consistency],
        ["Nodes are paid", TERMS[answers.term].title],
        ["Hours in a month", str(answers.hours_per_month)],
    ]


def _limits(document: EstimateDocument) -> list[str]:
    """What a reader must know before relying on the figures, most important first."""
    measurement, header = document.measurement, document.header
    valid = measurement.valid_for_latency
    doubt = [] if valid.ok else [f"The latency figures are not valid: {valid.reason}"]
    left_out = {**header.skipped, **measurement.operations.not_replayed}
    reasons = tuple(f"{reason} ({count(number)})" for reason, number in left_out.items())
    skipped = [f"Left out of the replay: {joined(reasons)}."] if reasons else []
    mode = (
        "The replay ran without persistence and with asynchronous replication, as a cache does; the write latency of a "
        "durable service is published, not measured here."
    )
    return [
        *doubt,
        *([mode] if measurement.mode == "cache" else []),
        *(measurement.commit.not_reproduced if measurement.commit is not None else ()),
        *skipped,
        *header.notes,
        "Prices are list prices at the dates shown. A derived price is an estimate of a price and not the vendor's.",
        "Latency was measured on one machine over loopback; a network between client and cluster adds its own.",
    ]
