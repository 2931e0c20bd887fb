"""What fits: memory of the keys, the node to start with, what binds, and how much room is left."""

from __future__ import annotations

from planner.pricing import designs
from planner.sizing.bill import Sized
from planner.sizing.growth import grown
from planner.sizing.model.clusters import Plan
from planner.sizing.model.figures import Figure
from planner.sizing.nodes import SERVICES
from planner.sizing.questions.case import Case, NotKnown, Said, amount_of, bill, cluster, total, usd
from planner.sizing.words import counted, percent

START = "memorydb-valkey"
SHRUNK = (0.75, 0.5, 0.25, 0.1)  # of today's data and traffic, tried in this order


def how_much_memory(case: Case) -> Said:
    """Bytes of all keys, one of them on average, and what the service's engine adds."""
    needs, measured = case.needs, case.measurement
    if not needs.keys:
        raise NotKnown("The workload left no keys to weigh.")
    each = needs.memory_bytes / needs.keys
    older = needs.older_layout_bytes
    line = f" An engine of the 7.x line, as MemoryDB runs, takes {amount_of(older)} more." if older else ""
    answer = (
        f"{needs.keys:,} keys take {amount_of(needs.memory_bytes)} in one copy, between "
        f"{amount_of(needs.memory_low_bytes)} and {amount_of(needs.memory_high_bytes)}: {each:,.0f} bytes a key with "
        f"its share of the tables, measured on "
        f"{measured.engine.name} {measured.engine.version}.{line}"
    )
    whole = Figure("Memory of the keys", amount_of(needs.memory_bytes), "measured")
    return answer, (whole, Figure("A key", f"{each:,.0f} bytes", "derived"))


def which_node(case: Case) -> Said:
    """The recommended cluster, why no smaller one, and what of it is in use."""
    sized, plan = _planned(case)
    answer = (
        f"{cluster(sized)} for {designs.title(sized.design_id)}, {usd(total(sized))} a month. At peak it uses "
        f"{percent(plan.utilisation[plan.binding], 1)} of its {_named(plan.binding)} allowance, more than of any other. "
        f"{_smaller(plan)}"
    )
    return answer, (bill(sized), _used(plan, plan.binding))


def can_it_shrink(case: Case) -> Said:
    """Why not now, and how far data and traffic must fall before a cheaper cluster carries them."""
    sized, plan = _planned(case)
    fallen = _first_cheaper(case, sized)
    if fallen is None:
        later = f"Even at {percent(SHRUNK[-1])} of the data and traffic it would be the same cluster."
        figures: tuple[Figure, ...] = ()
    else:
        share, other = fallen
        later = f"If both fell to {percent(share)}, {cluster(other)} would do for {usd(total(other))} a month."
        figures = (Figure(f"At {percent(share)} of data and traffic", f"{usd(total(other))} a month", "derived"),)
    seconds = case.measurement.duration_s * case.measurement.speed
    answer = (
        f"Not below {cluster(sized)} at the peak answered for. {_smaller(plan)} {later} The recording "
        f"covers {seconds:,.0f} s: a higher peak outside it is not known here, so check a year of metrics before shrinking."
    )
    return answer, (bill(sized), *figures, Figure("Recorded", f"{seconds:,.0f} s", "recorded"))


def network_or_memory(case: Case) -> Said:
    """Which of the two is fuller on the recommended cluster, and what binds it."""
    sized, plan = _planned(case)
    if not {"network", "memory"} <= set(plan.utilisation):
        raise NotKnown(f"No network rate of {plan.node_type} is known, so only its memory and CPU are sized.")
    network, memory = plan.utilisation["network"], plan.utilisation["memory"]
    by_network = plan.binding == "network"
    verdict = "Yes" if by_network else "No"
    binds = (
        "" if by_network else f" What binds is {_named(plan.binding)}, at {percent(plan.utilisation[plan.binding], 1)}."
    )
    answer = (
        f"{verdict}: on {cluster(sized)} the network is at {percent(network, 1)} of what a node holds for ever at the "
        f"utilisation asked for, memory at {percent(memory, 1)}.{binds} Burst rates of the network are not counted on."
    )
    return answer, (_used(plan, "network"), _used(plan, "memory"))


def why_the_rdb_is_smaller(case: Case) -> Said:
    """Snapshot against memory, and what the file leaves out."""
    needs, tables = case.needs, sum(shard.tables_bytes for shard in case.measurement.memory.tables)
    if not (needs.snapshot_bytes and needs.memory_bytes and needs.keys):
        raise NotKnown("The run wrote no snapshot, or holds no keys.")
    ratio = needs.snapshot_bytes / needs.memory_bytes
    more = (needs.memory_bytes - needs.snapshot_bytes) / needs.keys
    why = "the file holds keys and values in compact encodings, and no hash tables, pointers, object headers or rounding up "
    why += "to the allocator's sizes"
    of_tables = f"; hash tables alone took {amount_of(tables)} in the run" if tables else ""
    if ratio >= 1:
        answer = f"Here it is not: the snapshot is {amount_of(needs.snapshot_bytes)}, memory {amount_of(needs.memory_bytes)}."
    else:
        answer = (
            f"The snapshot is {amount_of(needs.snapshot_bytes)}, {percent(ratio)} of the {amount_of(needs.memory_bytes)} the "
            f"keys take in memory, {more:,.0f} bytes a key less: {why}{of_tables}. Size nodes by memory, not by the file."
        )
    snapshot = Figure("Snapshot", amount_of(needs.snapshot_bytes), "measured")
    return answer, (snapshot, Figure("Memory of the keys", amount_of(needs.memory_bytes), "measured"))


def how_much_headroom(case: Case) -> Said:
    """What is kept free, by whom, what a failover leaves, and what a backup takes."""
    sized, plan = _planned(case)
    service = SERVICES.get(designs.find(sized.design_id)[0].service)
    if service is None:
        raise NotKnown(f"{designs.title(sized.design_id)} states no reserve to answer from.")
    kept, reserve = case.answers.memory_headroom, service.reserve
    holds = f"the service holds back {percent(reserve)}" if reserve else "the service holds back nothing more"
    backups = (
        "Snapshots are made off the cluster and need no room on it."
        if service.to_log
        else "A backup forks: pages that change meanwhile are copied. Half of memory is advised where writes are heavy."
    )
    copied = case.measurement.snapshot.cow_bytes
    of_run = f" In the run {amount_of(copied)} were copied." if copied is not None and not service.to_log else ""
    answer = (
        f"{percent(kept)} of memory is kept free as you asked, {holds}, and of the rest "
        f"{percent(plan.utilisation['memory'], 1)} is used. {_after_failover(plan)} {backups}{of_run}"
    )
    return answer, (
        Figure("Memory kept free", percent(kept), "assumed"),
        Figure("Held back by the service", percent(reserve), "published" if reserve else "assumed"),
        _used(plan, "memory"),
    )


def _after_failover(plan: Plan) -> str:
    if not plan.replicas:
        return "There is no replica, so a lost node takes its share of the data away until it is restored."
    nodes = counted(plan.replicas, "replica")
    return f"Each shard has {nodes} as large as its primary, so after a failover the same load fits."


def _planned(case: Case) -> tuple[Sized, Plan]:
    """The recommended design if it has nodes to choose, else MemoryDB for Valkey."""
    sized = case.now[case.recommended] if case.recommended else None
    if sized is None or sized.plan is None:
        sized = case.priced(START)
    if sized.plan is None:
        raise NotKnown(f"{designs.title(sized.design_id)} has no nodes to choose.")
    return sized, sized.plan


def _first_cheaper(case: Case, sized: Sized) -> tuple[float, Sized] | None:
    assert sized.plan is not None
    shape = (sized.plan.node_type, sized.plan.shards)
    for share in SHRUNK:
        other = case.size(sized.design_id, grown(case.needs, share))
        if other.quote and other.plan and (other.plan.node_type, other.plan.shards) != shape:
            return share, other
    return None


def _smaller(plan: Plan) -> str:
    return f"Why not smaller: {plan.next_smaller}" if plan.next_smaller else ""


def _named(constraint: str) -> str:
    return "CPU" if constraint == "cpu" else constraint


def _used(plan: Plan, name: str) -> Figure:
    title = _named(name)
    return Figure(
        f"{title[0].upper()}{title[1:]} at peak", f"{percent(plan.utilisation[name], 1)} of what may be used", "derived"
    )
