"""The chart of a ramp, drawn by `planner.reports.charts` from what `facts_ramp` says."""

from __future__ import annotations

from engine.ramp.model import Ramp
from planner.reports import facts_ramp as facts
from planner.reports import marks
from planner.reports.charts import Chart, draw
from planner.reports.facts import GREEN
from planner.reports.marks import Trace
from planner.reports.wording import latency, rate


def ramp_chart(ramp: Ramp) -> Chart:
    """Response time of reads and writes against the rate asked, with the objectives and the knee."""
    traces = []
    lines = facts.lines(ramp)
    for line in lines:
        hover = [f"{latency(us)} at {rate(at)}" for at, us in zip(line.rates, line.values_us, strict=True)]
        traces.append(marks.line(line.name, line.rates, line.values_us, line.colour, hover=hover, dash=line.dash))
    values = [value for line in lines for value in line.values_us if value] + list(ramp.objective_us.values())
    layout = {
        "height": 400,
        "hovermode": "closest",
        "xaxis": marks.from_zero("Rate asked (operations a second)"),
        "yaxis": marks.latency_axis(min(values), max(values)),
    }
    rates = [at for line in lines for at in line.rates]
    return draw(facts.ramp_facts(ramp), traces + _levels(ramp, rates) + _knee(ramp, values), layout)


def _levels(ramp: Ramp, rates: list[float]) -> list[Trace]:
    """The objective of each class across all rates."""
    if not rates:
        return []
    found = []
    for key, name, colour in facts.CLASSES:
        objective = ramp.objective_us[key]
        label = f"objective of {name}, {latency(objective)}"
        across = marks.line(label, [0, max(rates)], [objective] * 2, colour, hover=[label] * 2, dash="dash")
        found.append(across | {"mode": "lines", "opacity": 0.55})
    return found


def _knee(ramp: Ramp, values: list[float]) -> list[Trace]:
    if ramp.knee_ops_per_s is None:
        return []
    label = f"knee, {facts.knee_words(ramp)}"
    ends = [min(values), max(values)]
    return [marks.line(label, [ramp.knee_ops_per_s] * 2, ends, GREEN, hover=[label] * 2) | {"mode": "lines"}]
