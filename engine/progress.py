"""Progress and stop as arguments: long work reports and asks, the caller decides what to show and when to stop."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from engine.errors import Cancelled


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a long task stands.

    `done` of `total` counts `unit`s inside `phase` (`total` None: not known). `gauges` are live figures with the unit in
    their name, such as `ops_per_s`, `response_p99_us`, `used_bytes`, `late`.
    """

    phase: str
    done: int = 0
    total: int | None = None
    unit: str = ""
    message: str = ""
    gauges: Mapping[str, float] = field(default_factory=dict)


Report = Callable[[Progress], None]
ShouldStop = Callable[[], bool]


def under(phase: str, report: Report) -> Report:
    """The same report under one phase name, whatever the part that reports calls itself."""

    def renamed(progress: Progress) -> None:
        report(replace(progress, phase=phase))

    return renamed


def ignore(_: Progress) -> None:
    """A report nobody reads."""


def never() -> bool:
    """A stop nobody asks for."""
    return False


def stop_if_asked(should_stop: ShouldStop) -> None:
    """Raise `Cancelled` when the person asked to stop."""
    if should_stop():
        raise Cancelled("Cancelled on request.")
