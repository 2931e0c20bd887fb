"""How often each action happens, so that the wanted share of commands are reads.

A command counts as a read or a write as the engines' own table says; a script counts as the commands it runs, MULTI and
EXEC as neither.
"""

from __future__ import annotations

from dataclasses import dataclass

from engine import commands
from engine.traces.generation.template import Template
from engine.traces.generation.workload import Action, Workload


@dataclass(frozen=True, slots=True)
class Counts:
    """Commands of one action, or means over several: reads, writes, and all that are sent by the client."""

    reads: float
    writes: float
    sent: float


def counts(action: Action) -> Counts:
    """The commands of one action."""
    found = [_class(one) for one in (*action.commands, *action.runs)]
    return Counts(
        reads=found.count("read"),
        writes=found.count("write"),
        sent=len(action.commands) + 2 * action.transaction,
    )


def _class(template: Template) -> str:
    """`read`, `write`, or neither: SCAN reads no key in particular."""
    name, args = commands.split(template.example())
    command = commands.find(name)
    if command is None or not (command.write or (command.readonly and commands.key_indexes(name, args))):
        return ""
    return "write" if command.write else "read"


def read_share_range(workload: Workload) -> tuple[float, float]:
    """The lowest and highest share of reads the actions can give: only writing ones, only reading ones."""
    shares = [_share(_mean(workload, reads)) for reads in (False, True) if _weight(workload, reads)]
    return min(shares), max(shares)


def probabilities(workload: Workload, read_share: float) -> tuple[float, ...]:
    """How often each action happens, summing to 1, for the share of reads among reads and writes."""
    reading = _reading(workload, read_share)
    raw = [
        (reading if action.reads else 1 - reading) * action.weight / _weight(workload, action.reads)
        for action in workload.actions
    ]
    total = sum(raw)
    return tuple(one / total for one in raw)


def commands_per_action(workload: Workload, shares: tuple[float, ...]) -> float:
    """Mean number of commands clients send in one action."""
    return sum(share * counts(action).sent for share, action in zip(shares, workload.actions, strict=True))


def _reading(workload: Workload, share: float) -> float:
    """The share x of actions that belong to the reading class.

    From share = (x R₁ + (1 - x) R₀) / (x N₁ + (1 - x) N₀) with R reads and N reads and writes of a mean action of either
    class: x = (share N₀ - R₀) / ((R₁ - R₀) - share (N₁ - N₀)).
    """
    if not _weight(workload, True) or not _weight(workload, False):
        return 1.0 if _weight(workload, True) else 0.0
    one, none = _mean(workload, True), _mean(workload, False)
    both_one, both_none = one.reads + one.writes, none.reads + none.writes
    divisor = (one.reads - none.reads) - share * (both_one - both_none)
    if abs(divisor) < 1e-12:
        return 0.5
    return min(1.0, max(0.0, (share * both_none - none.reads) / divisor))


def _mean(workload: Workload, reads: bool) -> Counts:
    total = _weight(workload, reads)
    mine = [(action.weight / total, counts(action)) for action in workload.actions if action.reads == reads]
    return Counts(
        reads=sum(share * one.reads for share, one in mine),
        writes=sum(share * one.writes for share, one in mine),
        sent=sum(share * one.sent for share, one in mine),
    )


def _weight(workload: Workload, reads: bool) -> float:
    return sum(action.weight for action in workload.actions if action.reads == reads)


def _share(mean: Counts) -> float:
    both = mean.reads + mean.writes
    return mean.reads / both if both else 0.0
