"""Ready workloads: generated recordings of what clients commonly do, seeded, so that the same seed gives the same bytes.

The door to `engine/traces/generation`. A workload is a TOML file in `engine/traces/workloads`, which anyone can add to.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from engine.progress import Report, ShouldStop, ignore, never
from engine.traces.generation import catalogue
from engine.traces.generation.from_shape import matching
from engine.traces.generation.workload import ReadyWorkload, Slider
from engine.traces.generation.writing import write_trace
from engine.traces.model import TraceHeader
from engine.traces.summaries.shape import WorkloadShape

__all__ = ["ReadyWorkload", "Slider", "generate", "generate_from_shape", "ready_workloads"]


def ready_workloads() -> tuple[ReadyWorkload, ...]:
    """Every workload of `engine/traces/workloads`, in the order people see them. Raises InputError for a bad file."""
    return tuple(workload.about for workload in catalogue.workloads())


def generate(
    workload: str,
    parameters: Mapping[str, float],
    *,
    seed: int,
    target: Path,
    report: Report = ignore,
    should_stop: ShouldStop = never,
) -> TraceHeader:
    """Write the trace of a ready workload to `target` and return its header.

    `parameters` are values of its sliders by name; those left out keep their defaults. Raises InputError naming the
    parameter that is unknown or out of its range, Cancelled when asked to stop; nothing is left at `target` then.
    """
    chosen = catalogue.find(workload)
    return write_trace(
        chosen,
        catalogue.settled(chosen.about, parameters),
        seed=seed,
        target=target,
        report=report,
        should_stop=should_stop,
    )


def generate_from_shape(
    shape: WorkloadShape,
    *,
    seed: int,
    duration_s: float,
    target: Path,
    report: Report = ignore,
    should_stop: ShouldStop = never,
) -> TraceHeader:
    """Write a trace that matches the figures of a summary and return its header; see `generation/from_shape.py`.

    A large workload is sampled by key, which the header's `key_sampling` says. Raises InputError when the shape does not
    tell how many commands there are, Cancelled when asked to stop; nothing is left at `target` then.
    """
    found = matching(shape, duration_s)
    return write_trace(
        found.workload,
        found.parameters,
        seed=seed,
        target=target,
        report=report,
        should_stop=should_stop,
        notes=found.notes,
        key_sampling=found.sampling,
    )
