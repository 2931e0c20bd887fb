"""What a ready workload is: its description and sliders for people, its actions and variables for the generator.

Plain frozen data, made from a file by `parsing.py` or from a summary by `from_shape.py`; nothing here draws a number.
"""

from __future__ import annotations

from dataclasses import dataclass

from engine.traces.generation.template import Template
from engine.traces.generation.variables import Variable

SCRIPT = "script"  # the name that stands for the hash of an action's script
LABELS = {
    "keys": ("Keys", "keys"),
    "rate": ("Rate", "commands/s"),
    "value_size": ("Value size", "bytes"),
    "read_share": ("Read share", ""),
    "skew": ("Skew (Zipf exponent)", ""),
    "duration_s": ("Duration", "s"),
}
"""What people read beside each slider, and its unit."""
SLIDERS = tuple(LABELS)


@dataclass(frozen=True, slots=True)
class Slider:
    """One number of a workload that people choose. `low` and `high` are included; `whole`: it is an integer."""

    name: str
    label: str
    unit: str
    low: float
    high: float
    default: float
    logarithmic: bool = False
    whole: bool = False


@dataclass(frozen=True, slots=True)
class ReadyWorkload:
    """A workload as people choose it. `attribution`: whose figures it holds and under which licence, empty when ours."""

    id: str
    title: str
    summary: str
    attribution: str
    sliders: tuple[Slider, ...]


@dataclass(frozen=True, slots=True)
class Action:
    """What a client does at once: its commands, sent in order on one connection.

    `weight` is its share among the actions of its class (`reads`: moved by the read share). `transaction`: MULTI and EXEC
    stand around them. `script`: Lua source, whose hash stands in the commands as `{script}`; `runs` are the commands the
    script runs, recorded after it as MONITOR shows them. `client`: which group of clients does it; each group has its
    own connections. `connection_by`: the variable whose value picks the connection, at random otherwise.
    """

    name: str
    weight: float
    reads: bool
    commands: tuple[Template, ...]
    runs: tuple[Template, ...] = ()
    transaction: bool = False
    script: str | None = None
    client: str = "application"
    connection_by: str | None = None


@dataclass(frozen=True, slots=True)
class Population:
    """Commands that make what stands there at the start: `repeat` times for each value of the variable `each`, in order;
    once when `each` is None."""

    commands: tuple[Template, ...]
    each: str | None = None
    repeat: int = 1


@dataclass(frozen=True, slots=True)
class Workload:
    """Everything the generator needs. `peak`: rate of the busiest moment over the mean, of a day squeezed into the
    duration (1: flat). Variables stand in an order in which each comes after those it depends on."""

    about: ReadyWorkload
    connections: int
    peak: float
    variables: tuple[Variable, ...]
    actions: tuple[Action, ...]
    population: tuple[Population, ...]
