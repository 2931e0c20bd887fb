"""What would be saved: by reserving nodes, by Valkey, by a cache before a database."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from planner.pricing import designs
from planner.pricing.terms import ON_DEMAND_TERM, TERMS
from planner.sizing.bill import Sized, database_bill
from planner.sizing.model.figures import Figure
from planner.sizing.needs import hit_rate
from planner.sizing.questions.case import Case, NotKnown, Said, bill, total, usd
from planner.sizing.settings import NOT_SOLD
from planner.sizing.words import percent

SHORT, LONG = "1yr-no-upfront", "3yr-all-upfront"
CACHE, DATABASES = "elasticache-valkey", ("dynamodb-on-demand", "aurora-standard")
HALVINGS = 6  # of the interval in which the hit rate that pays is looked for: to within 2 %


def reserved_nodes(case: Case) -> Said:
    """The recommended design on the mildest and on the longest term."""
    best = case.best
    title = designs.title(best.design_id)
    plain, short, long = (case.priced(best.design_id, term=term) for term in (ON_DEMAND_TERM, SHORT, LONG))
    if total(long) == total(plain):
        nodes = best.plan.node_type if best.plan else "what is billed"
        raise NotKnown(f"Nothing for {title}: {nodes} is not sold on a term, or no price of it is known.")
    first, most = total(plain) - total(short), total(plain) - total(long)
    kept = any(NOT_SOLD in line.derivation for line in long.quote.lines) if long.quote else False
    unsold = " A part that is not sold on the term is priced on demand." if kept else ""
    answer = (
        f"For {title}, {usd(total(plain))} a month on demand: {usd(first)} a month less on {TERMS[SHORT].title} "
        f"({percent(first / total(plain))}), {usd(most)} less on {TERMS[LONG].title} ({percent(most / total(plain))}), if the "
        f"cluster stays that long. Only nodes are reserved; data written and snapshots cost the same.{unsold}"
    )
    terms = ((ON_DEMAND_TERM, plain), (SHORT, short), (LONG, long))
    return answer, tuple(replace(bill(one), name=TERMS[term].title.capitalize()) for term, one in terms)


def valkey(case: Case) -> Said:
    """The same service with Redis OSS, for both services."""
    parts, figures, remark = [], [], ""
    for service in ("memorydb", "elasticache"):
        (new, old), bare = case.together(f"{service}-valkey", f"{service}-redis")
        remark = remark or bare
        gap = total(old) - total(new)
        parts.append(
            f"{designs.title(new.design_id)} costs {usd(total(new))} a month, {usd(gap)} ({percent(gap / total(old))}) less "
            f"than {designs.title(old.design_id)} at {usd(total(old))}"
        )
        figures += [bill(new), bill(old)]
    why = (
        "Nodes are listed 30 % lower on MemoryDB and 20 % on ElastiCache, and MemoryDB's first 10 TB of data written a "
    )
    why += "month are free for Valkey only."
    return f"{'; '.join(parts)}. {why}{remark}", tuple(figures)


def cache_before_database(case: Case) -> Said:
    """For each kind of database: its bill alone, under the cache, what the cache costs, and the hit rate that pays."""
    curve = hit_rate(case.needs.hit_curve, case.answers.cache_share)
    if curve is None:
        raise NotKnown("The recording has no reads that a cache could answer, so no hit rate is known.")
    said = [one for one in (_before(case, database, curve) for database in DATABASES) if one is not None]
    if not said:
        raise NotKnown("Neither database fits this workload, or a price of both is missing.")
    held = percent(case.answers.cache_share)
    answer = (
        f"With {held} of the data in the cache, {percent(curve, 1)} of reads hit. {' '.join(text for text, _ in said)}"
    )
    rate = Figure("Hit rate, simulated", percent(curve, 1), "measured")
    return answer, (rate, *(figure for _, figures in said for figure in figures))


def _before(case: Case, database: str, curve: float) -> Said | None:
    joined, alone = case.size(f"{CACHE}+{database}"), case.size(database)
    under = database_bill(joined.design_id, case.needs, case.answers, curve)
    if joined.quote is None or alone.quote is None or under is None or joined.quote.missing or alone.quote.missing:
        return None
    cache = total(joined) - under
    saved = total(alone) - total(joined)
    verdict = f"{usd(saved)} a month saved in all" if saved > 0 else f"{usd(-saved)} a month more in all"
    text = (
        f"{designs.title(database)} alone costs {usd(total(alone))} a month, under the cache {usd(under)}, and the cache "
        f"{usd(cache)}: {verdict}. {_pays_from(case, joined, total(alone) - cache)}"
    )
    return text, (bill(alone), bill(joined))


def _pays_from(case: Case, joined: Sized, most: Decimal) -> str:
    """The lowest hit rate at which the database's bill is at most what the cache leaves of it; it falls as hits rise."""
    best = database_bill(joined.design_id, case.needs, case.answers, 1.0)
    if best is None or best > most:
        return "The cache pays at no hit rate: writes, storage and instances cost what they cost."
    low, high = 0.0, 1.0
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        found = database_bill(joined.design_id, case.needs, case.answers, middle)
        low, high = (low, middle) if found is not None and found <= most else (middle, high)
    return f"The cache pays from a hit rate of about {percent(high)} on."
