"""What a ramp is asked and what it answers. Frozen; the answer goes to JSON by its own field types.

Units stand in the names. None means not known. Rates count operations, not units of a plan.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from engine.errors import InputError

READ, WRITE = "read", "write"
ENGINE, PLAYER, MACHINE, MEMORY, INTERRUPTED, HIGHEST, STEPS, TOO_FEW = (
    "engine", "player", "machine", "memory", "interrupted", "highest rate", "steps", "operations",
)  # fmt: skip
MAX_STEP_S, MAX_RATE = 3600.0, 10_000_000.0


@dataclass(frozen=True, slots=True)
class RampSpec:
    """What to look for and how.

    `read_us` and `write_us`: the 99th percentile of response time allowed. A step lasts `step_s` (longer where that is too
    short for a 99th percentile), after `rest_s` of quiet. Rates double from `first` (None: the recorded mean) until one
    breaks, then the gap is halved until it is `precision` of the rate. With `rates` exactly those are tried, lowest first. A
    rate counts as broken when it broke `tries` times: one hiccup of the machine is no knee.
    """

    read_us: float = 2_000.0
    write_us: float = 5_000.0
    step_s: float = 5.0
    rest_s: float = 1.0
    first: float | None = None
    highest: float = 2_000_000.0
    precision: float = 0.05
    most_steps: int = 24
    tries: int = 2
    rates: tuple[float, ...] = ()

    def require_sane(self) -> None:
        """Raise InputError naming the figure that cannot be."""
        for name, value in (("read objective", self.read_us), ("write objective", self.write_us)):
            _require(0 < value <= 60e6, name, f"{value / 1000:g} ms", "more than 0, at most 60,000 ms.")
        _require(0.1 <= self.step_s <= MAX_STEP_S, "step", f"{self.step_s:g} s", "0.1 to 3,600 seconds.")
        _require(0 <= self.rest_s <= MAX_STEP_S, "rest", f"{self.rest_s:g} s", "0 to 3,600 seconds.")
        _require(1 <= self.tries <= 10, "number of tries", f"{self.tries}", "1 to 10.")
        for rate in (*self.rates, self.highest, *(() if self.first is None else (self.first,))):
            _require(1 <= rate <= MAX_RATE, "rate", f"{rate:g}", f"1 to {MAX_RATE:,.0f} operations a second.")

    def objective_us(self) -> Mapping[str, float]:
        """By class."""
        return {READ: self.read_us, WRITE: self.write_us}


def _require(fine: bool, name: str, said: str, expected: str) -> None:
    if not fine:
        raise InputError(f"{said} cannot be the {name} of a ramp.", source="ramp", expected=expected)


@dataclass(frozen=True, slots=True)
class StepLatency:
    """Response time of one class in a step, from when operations were due; `service_p99_us` from when they were sent."""

    p50_us: float
    p99_us: float
    service_p99_us: float
    count: int


@dataclass(frozen=True, slots=True)
class Played:
    """What one step was and did.

    `late`: units the player sent late of its own; `held`: sent late because what they had to wait for was answered late.
    `unanswered`: not acknowledged, be it that no answer came or that the cluster refused to serve (disk full, commit not
    confirmed). `busy`: share of one processor that the player used, and the main thread of the busiest engine.
    `machine_p99_us`: how late the machine woke a thread that only waits.
    """

    asked_ops_per_s: float
    reached_ops_per_s: float
    seconds: float
    operations: int
    units: int
    latency_us: Mapping[str, StepLatency]
    late: int = 0
    held: int = 0
    dropped: int = 0
    unanswered: int = 0
    errors: int = 0
    out_of_memory: bool = False
    player_busy: float | None = None
    engine_busy: float | None = None
    machine_p99_us: float | None = None


@dataclass(frozen=True, slots=True)
class RampStep:
    """One step with its verdict: whether the rate held, `why` (not), and what broke it (`limit`: empty when it held)."""

    played: Played
    held: bool
    limit: str
    why: str


@dataclass(frozen=True, slots=True)
class Ramp:
    """The steps in the order they were played, and the knee: the highest rate that held, as it was reached.

    `knee_high_ops_per_s`: the lowest rate that broke (None: none did). `limited_by`: `engine`, `player`, `machine`,
    `memory`, `interrupted`, `highest rate` (no rate allowed broke), `steps` (they were used up) or `operations` (too few to
    judge).
    """

    objective_us: Mapping[str, float]
    step_s: float
    rest_s: float
    steps: tuple[RampStep, ...]
    knee_ops_per_s: float | None
    knee_high_ops_per_s: float | None
    limited_by: str
    reason: str
    notes: tuple[str, ...] = ()

    def knee_words(self) -> str:
        """The knee with its range, or that there is none."""
        if self.knee_ops_per_s is None:
            return "none: no rate that was tried held"
        high = self.knee_high_ops_per_s
        above = "" if high is None else f", below {high:,.0f}"
        return f"{self.knee_ops_per_s:,.0f} operations/s{above}"
