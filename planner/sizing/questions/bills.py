"""What it costs in all, and what moving bytes between zones adds."""

from __future__ import annotations

from decimal import Decimal

from planner.pricing import designs, money
from planner.pricing.catalogue import EC2, ELASTICACHE
from planner.sizing.model.bills import CostLine
from planner.sizing.model.figures import Figure
from planner.sizing.questions.case import Case, Said, bill, cluster, gb, total, usd
from planner.sizing.settings import average_share
from planner.sizing.words import counted

OTHER_ZONES = 2 / 3  # of clients spread evenly over three zones, those in another one than the node


def what_it_costs(case: Case) -> Said:
    """The recommended design's bill and what of it is nodes, data written, and the rest."""
    best = case.best
    assert best.quote is not None
    nodes = _sum(best.quote.lines, ("Nodes", "Instances"))
    written = _sum(best.quote.lines, ("Data written",))
    rest = total(best) - nodes - written
    volume = case.month_gb(case.needs.replicated_bytes_per_s_average)
    on = f" on {cluster(best)}" if best.plan else ""
    at_least = "at least " if best.quote.missing else ""
    billed = any(line.name.startswith("Data written") for line in best.quote.lines)
    data = f"{usd(written)} for {gb(volume)} of data written, " if billed else ""
    answer = (
        f"{designs.title(best.design_id)}{on} costs {at_least}{usd(total(best))} a month: {usd(nodes)} for nodes, {data}"
        f"{usd(rest)} for everything else.{_elsewhere(case, volume)}"
    )
    return answer, (bill(best), Figure("Data written", f"{gb(volume)} a month", "measured"))


def _elsewhere(case: Case, volume: float) -> str:
    """What MemoryDB, the only service that charges for it, would charge for the data written."""
    known = {each: case.size(f"memorydb-{each}").quote for each in ("valkey", "redis")}
    amounts = {each: _sum(found.lines, ("Data written",)) for each, found in known.items() if found is not None}
    if len(amounts) < 2:
        return ""
    return (
        f" MemoryDB charges {usd(amounts['valkey'])} for {gb(volume)} written with Valkey and {usd(amounts['redis'])} with "
        f"Redis OSS; the others do not charge by it."
    )


def between_zones(case: Case) -> Said:
    """Replication to the replicas, and clients spread over three zones."""
    replicas = case.answers.replicas
    replicated = case.month_gb(case.needs.replicated_bytes_per_s_average) * replicas
    moved = case.needs.bytes_in_per_s_peak + case.needs.bytes_out_per_s_peak
    clients = case.month_gb(moved * average_share(case.needs)) * OTHER_ZONES
    for_replicas, for_clients = case.transfer_usd(replicated), case.transfer_usd(clients)
    answer = (
        f"Replication to {counted(replicas, 'replica')} a shard in other zones moves {gb(replicated)} a month: "
        f"{usd(for_replicas)} where it is charged on both sides. {_whose(case)} "
        f"Clients spread evenly over three zones would move {gb(clients)} to a node in another one: {usd(for_clients)} more."
    )
    return answer, (
        Figure("Replication between zones", f"{gb(replicated)} a month", "measured"),
        Figure("Clients in two of three zones", f"{gb(clients)} a month", "assumed"),
        Figure("Both, charged on both sides", f"{usd(for_replicas + for_clients)} a month", "published"),
    )


def _whose(case: Case) -> str:
    charged = case.answers.zone_replication == "charged"
    elasticache = (
        "is in the bills here" if charged else "is not in the bills here; sources disagree whether it is charged"
    )
    return (
        f"That of {_short(ELASTICACHE)} {elasticache}, that between one's own instances on {_short(EC2)} always is, "
        f"and MemoryDB's is part of the service."
    )


def _short(service: str) -> str:
    return service.removeprefix("Amazon")


def _sum(lines: tuple[CostLine, ...], starts: tuple[str, ...]) -> Decimal:
    return money.total(line.amount for line in lines if line.amount is not None and line.name.startswith(starts))
