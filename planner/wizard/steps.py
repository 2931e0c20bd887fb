"""The five steps: their order, their titles, and what each says about where an estimate stands. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from planner.estimates.models import Estimate

WORKLOAD, MEASURE, SCALE, COMPARE, ANSWER = "workload", "measure", "scale", "compare", "answer"
TITLES = {
    WORKLOAD: "Workload",
    MEASURE: "Measure",
    SCALE: "Scale",
    COMPARE: "Compare",
    ANSWER: "Answer",
}
ORDER = tuple(TITLES)


@dataclass(frozen=True, slots=True)
class Step:
    """One step in the indicator at the top. `url_name` leads to it."""

    name: str
    number: int
    title: str
    current: bool
    done: bool

    @property
    def url_name(self) -> str:
        """The step's page."""
        return f"wizard:{self.name}"


def indicator(estimate: Estimate, current: str) -> tuple[Step, ...]:
    """Every step in order, with the one that is open marked."""
    done = _done(estimate)
    return tuple(
        Step(name, number, title, name == current, name in done)
        for number, (name, title) in enumerate(TITLES.items(), start=1)
    )


def neighbours(current: str) -> tuple[str | None, str | None]:
    """The url names of the step before and the step after."""
    index = ORDER.index(current)
    before = f"wizard:{ORDER[index - 1]}" if index else None
    after = f"wizard:{ORDER[index + 1]}" if index + 1 < len(ORDER) else None
    return before, after


def _done(estimate: Estimate) -> set[str]:
    done = set()
    if estimate.trace is not None and estimate.trace.is_ready:
        done.add(WORKLOAD)
    if estimate.run is not None and estimate.run.measurement is not None:
        done.add(MEASURE)
    if "peak_to_average" in estimate.answers:
        done.add(SCALE)
    if "designs" in estimate.answers:
        done.add(COMPARE)
    if estimate.document is not None:
        done.add(ANSWER)
    return done
