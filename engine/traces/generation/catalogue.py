"""The ready workloads at hand, and the parameters a person chose for one, checked."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from engine.errors import InputError
from engine.traces.generation.mixing import read_share_range
from engine.traces.generation.parsing import parse
from engine.traces.generation.workload import ReadyWorkload, Slider, Workload

FOLDER = Path(__file__).parents[1] / "workloads"


@cache
def workloads(folder: Path = FOLDER) -> tuple[Workload, ...]:
    """Every workload file of the folder, by file name, which is its id."""
    return tuple(read(path) for path in sorted(folder.glob("*.toml")))


def read(path: Path) -> Workload:
    """One workload file. Raises InputError naming file and field."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError("cannot be read.", source=path.name, expected="a workload file in UTF-8.") from error
    workload = parse(text, path.stem, path.name)
    _check_read_share(workload, path.name)
    return workload


def find(ident: str) -> Workload:
    """The workload of this id. Raises InputError with those there are."""
    for workload in workloads():
        if workload.about.id == ident:
            return workload
    known = ", ".join(workload.about.id for workload in workloads())
    raise InputError(f"there is no workload “{ident}”.", source="workload", expected=f"one of {known}.")


def settled(about: ReadyWorkload, chosen: Mapping[str, float]) -> dict[str, float]:
    """The value of every slider: as chosen, else its default. Raises InputError naming the parameter."""
    sliders = {slider.name: slider for slider in about.sliders}
    for name in chosen:
        if name not in sliders:
            raise InputError("there is no such parameter.", source=name, expected=f"one of {', '.join(sliders)}.")
    return {name: _value(slider, chosen.get(name, slider.default)) for name, slider in sliders.items()}


def _value(slider: Slider, value: float) -> float:
    if not math.isfinite(value) or not slider.low <= value <= slider.high or (slider.whole and value % 1):
        kind = "a whole number" if slider.whole else "a number"
        raise InputError(
            f"{value:,.10g} is out of range.",
            source=slider.name,
            expected=f"{kind} from {slider.low:,.10g} to {slider.high:,.10g}.",
        )
    return float(value)


def _check_read_share(workload: Workload, source: str) -> None:
    slider = next(one for one in workload.about.sliders if one.name == "read_share")
    low, high = read_share_range(workload)
    if not low - 1e-9 <= slider.low <= slider.high <= high + 1e-9:
        raise InputError(
            f"{slider.low:g} to {slider.high:g} cannot be reached by its actions.",
            source=f"{source}, parameters, read_share",
            expected=f"between {low:.3f} and {high:.3f}.",
        )
