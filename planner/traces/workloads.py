"""What a trace's columns say in JSON, as the engine's own types: options, recipes, shapes. Pure but for the model.

A recipe is `{"workload", "parameters", "seed"}` for a ready workload or `{"shape", "duration_s", "seed"}` for one that
matches figures.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from engine.progress import Report, ShouldStop
from engine.traces.formats.reader import Options
from engine.traces.model import TraceHeader
from engine.traces.summaries.shape import WorkloadShape
from engine.traces.synthesis import generate, generate_from_shape
from planner.traces.models import Trace


def reading_options(trace: Trace) -> Options:
    """How to read it. The sample is ours: nothing in it is anybody's. The redaction key is new at each reading."""
    if trace.is_sample:
        return Options(redact=False)
    said: Mapping[str, Any] = trace.options
    return Options(
        redact=said.get("redact", True),
        keep_words=frozenset(word.encode() for word in said.get("keep_words", ())),
        duration_s=said.get("duration_s"),
    )


def workload_recipe(workload: str, parameters: Mapping[str, float], seed: int) -> dict[str, Any]:
    """A ready workload, to be generated."""
    return {"workload": workload, "parameters": dict(parameters), "seed": seed}


def shape_recipe(shape: Mapping[str, Any], duration_s: float, seed: int) -> dict[str, Any]:
    """A workload that matches the figures of `shape` (JSON), to be generated."""
    return {"shape": dict(shape), "duration_s": duration_s, "seed": seed}


def make(recipe: Mapping[str, Any], target: Path, *, report: Report, should_stop: ShouldStop) -> TraceHeader:
    """Generate what the recipe says into the trace file `target`. Raises InputError or Cancelled."""
    if "shape" in recipe:
        shape = WorkloadShape.from_json(recipe["shape"])
        return generate_from_shape(
            shape, seed=recipe["seed"], duration_s=recipe["duration_s"],
            target=target, report=report, should_stop=should_stop,
        )  # fmt: skip
    return generate(
        recipe["workload"], recipe["parameters"], seed=recipe["seed"],
        target=target, report=report, should_stop=should_stop,
    )  # fmt: skip
