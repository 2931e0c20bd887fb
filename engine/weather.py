"""The states of bad weather: what can happen to a run from outside, what it means for each figure, and what to do.

An `Incident` that is `fatal` ended the run: what was measured until then is kept as a partial result. Any other is told beside
the figures, and `spoils` names those that are no longer the workload's own.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from engine.units import format_bytes

NODE_DIED = "node died"
DISK_FULL = "disk full"
OUT_OF_MEMORY = "out of memory"
EVICTED = "keys evicted"
CONNECTION = "connection refused or lost"
SLOW_NODE = "slow node"
CLOCK_JUMPED = "clock jumped"
PLAYER_SLOW = "player too slow"
OTHER = "interrupted"
KINDS = (NODE_DIED, DISK_FULL, OUT_OF_MEMORY, EVICTED, CONNECTION, SLOW_NODE, CLOCK_JUMPED, PLAYER_SLOW, OTHER)

LATENCY, MEMORY, DATA_WRITTEN, REPLICAS, SNAPSHOT = "latency", "memory", "data written", "replicas", "snapshot"
_AGAIN = "Run it again."


@dataclass(frozen=True, slots=True)
class Incident:
    """`kind` is one of KINDS, `where` the node it happened to (empty: the whole run or this machine).

    `at_s` counts from the start of the replay (None: not during it), `lasted_s` None where a moment has no length. `seen` is
    the observation, `means` what follows for the figures, `remedy` what to do.
    """

    kind: str
    where: str
    seen: str
    means: str
    remedy: str = ""
    at_s: float | None = None
    lasted_s: float | None = None
    spoils: tuple[str, ...] = ()
    fatal: bool = False

    @property
    def sentence(self) -> str:
        """All of it, for messages and lists of assumptions."""
        return " ".join(part for part in (self.seen, self.means, self.remedy) if part)


def node(role: str, shard: int) -> str:
    """How a node is called in every sentence."""
    return f"The {role} of shard {shard}"


def primary_died(where: str, seen: str, at_s: float | None) -> Incident:
    """The engine process of a primary ended: its keys are gone, and with them memory and data written."""
    means = "Its keys went with it, so the run ended here."
    return Incident(NODE_DIED, where, seen, means, _AGAIN, at_s, None, (MEMORY, DATA_WRITTEN, SNAPSHOT), True)


def replica_died(where: str, seen: str, at_s: float | None) -> Incident:
    """The engine process of a replica ended: the primary goes on."""
    means = "Its primary went on. Memory of replicas is not known, and from then on fewer copies were written."
    return Incident(NODE_DIED, where, seen, means, "Measure again where replicas matter.", at_s, None, (REPLICAS,))


def replica_disk_full(where: str, seen: str, at_s: float | None) -> Incident:
    """A replica could not write its append-only file and ended: the primary goes on."""
    died = replica_died(where, seen, at_s)
    return replace(died, kind=DISK_FULL, remedy="Free space where the nodes' folders are, then run again.")


def disk_full(where: str, seen: str, at_s: float | None) -> Incident:
    """The engine could not write its append-only file (or we our own files): it refuses writes or ends."""
    means = "Writes after that are lost or refused, so the run ended here."
    remedy = "Free space where the nodes' folders are, or use a smaller recording; then run again."
    return Incident(DISK_FULL, where, seen, means, remedy, at_s, None, (MEMORY, DATA_WRITTEN, SNAPSHOT), True)


def out_of_memory(where: str, seen: str, at_s: float | None) -> Incident:
    """The engine refuses writes because `maxmemory` is reached and nothing may be evicted."""
    means = "What was refused is missing from memory and data written, so the run ended here."
    remedy = "Use fewer replicas, a recording sampled by key, a machine with more memory, or a larger limit where one was set."
    return Incident(OUT_OF_MEMORY, where, seen, means, remedy, at_s, None, (MEMORY, DATA_WRITTEN), True)


def evicted(where: str, keys: int, limit_bytes: int, policy: str) -> Incident:
    """The engine evicted keys to stay below its limit: memory says what was allowed, not what is needed."""
    seen = f"{where} evicted {keys:,} keys to stay below maxmemory ({format_bytes(limit_bytes)}, {policy})."
    means = (
        "Memory in use is bounded by that limit and is not what the keys need; "
        "deletes of evicted keys stand in data written."
    )
    remedy = "Measure without a limit, or with a larger one, to learn what the keys need."
    return Incident(EVICTED, where, seen, means, remedy, None, None, (MEMORY, DATA_WRITTEN))


def connection(where: str, seen: str, at_s: float | None) -> Incident:
    """A node that lives refused a connection or closed one."""
    means = "What it would have answered is not known, so the run ended here."
    remedy = f"See whether a firewall, a limit on connections or a changed port stands between. {_AGAIN}"
    return Incident(CONNECTION, where, seen, means, remedy, at_s, None, (LATENCY, MEMORY, DATA_WRITTEN), True)


def slow_node(where: str, at_s: float, lasted_s: float) -> Incident:
    """A node answered nothing for a while, though something was asked of it, and then went on."""
    seen = f"{where} answered nothing for {lasted_s:.2f} s, from {at_s:.2f} s into the replay."
    means = (
        "Response times hold the waiting of everything that was due meanwhile: true of this run, not of the workload."
    )
    remedy = "Measure again on a machine with less other work to learn the workload's own latency."
    return Incident(SLOW_NODE, where, seen, means, remedy, at_s, lasted_s, (LATENCY,))


def given_up(where: str, at_s: float | None, lasted_s: float) -> Incident:
    """A node went silent and stayed so until nobody waited any longer."""
    seen = f"{where} lives but has answered nothing for {lasted_s:.0f} s."
    means = "It was given up, and the run ended here."
    spoiled = (LATENCY, MEMORY, DATA_WRITTEN, SNAPSHOT)
    remedy = f"See whether the process was stopped or the machine is out of memory. {_AGAIN}"
    return Incident(SLOW_NODE, where, seen, means, remedy, at_s, lasted_s, spoiled, True)


def never_answered(units: int) -> Incident:
    """Nodes that live and answer others left some operations without an answer until nobody waited any longer."""
    seen = f"Commands and transactions that were sent and never answered: {units:,}."
    means = "They are in no quantile, so response times look better than they were."
    remedy = (
        "Look into the engines for what they wait for (copies that do not acknowledge, a script that does not end)."
    )
    return Incident(SLOW_NODE, "", seen, means, remedy, None, None, (LATENCY,))


def clock_jumped(at_s: float, by_s: float) -> Incident:
    """The wall clock stepped against the monotonic clock: times to live are kept by the one, latency by the other."""
    way = "forward" if by_s > 0 else "back"
    seen = f"This machine's clock jumped {abs(by_s):.2f} s {way}, {at_s:.2f} s into the replay."
    effect = "earlier" if by_s > 0 else "later"
    means = (
        f"Keys with a time to live expired that much {effect}, which memory and data written show. "
        "Latency is not affected."
    )
    remedy = "Measure again while the clock is left alone (time synchronisation, sleep, a moved virtual machine)."
    return Incident(CLOCK_JUMPED, "", seen, means, remedy, at_s, None, (MEMORY, DATA_WRITTEN))


def player_slow(late_share: float, kept_per_s: float | None, peak_per_s: float, speed: float) -> Incident:
    """The player sent too late: says the rate it kept, where there was one, and the speed that would follow."""
    seen = f"{late_share:.1%} of the operations left over 1 ms late; the busiest second asked for {peak_per_s:,.0f}."
    slower = "Replay at a lower speed or with more player processes."
    if kept_per_s:
        seen += f" Up to {kept_per_s:,.0f} a second left in time."
        slower = (
            f"Latency would be valid at up to {kept_per_s:,.0f} operations a second: at speed "
            f"{_rounded_down(speed * min(kept_per_s / peak_per_s, 1)):g}, or with more player processes."
        )
    means = "Response times hold this machine's own delay. Memory and data written are not affected."
    return Incident(PLAYER_SLOW, "", seen, means, slower, None, None, (LATENCY,))


def other(seen: str, at_s: float | None) -> Incident:
    """Something without a state of its own ended the run."""
    means = "The run ended here."
    return Incident(OTHER, "", seen, means, _AGAIN, at_s, None, (MEMORY, DATA_WRITTEN, SNAPSHOT), True)


def spoiling(incidents: Iterable[Incident], figure: str) -> tuple[Incident, ...]:
    """The incidents after which a figure is no longer the workload's own."""
    return tuple(each for each in incidents if figure in each.spoils)


def _rounded_down(speed: float) -> float:
    """Two significant digits, never more than asked."""
    digits = f"{speed:.1e}"
    return float(digits) if float(digits) <= speed else float(digits) - 10.0 ** (int(digits.split("e")[1]) - 1)
