"""What was said of growth and season, as assumptions for the reader to judge or change."""

from __future__ import annotations

from collections.abc import Iterator

from planner.sizing.growth import high_growth, likely_growth, low_growth
from planner.sizing.model.answers import Answers
from planner.sizing.model.figures import Assumption
from planner.sizing.words import percent

_YOURS = "your answer"


def growth_assumptions(answers: Answers) -> Iterator[Assumption]:
    """Growth of data and traffic with its low and high end, and where the season comes from."""
    likely, low, high = likely_growth(answers), low_growth(answers), high_growth(answers)
    value = percent(likely.data, 1)
    if likely.data != likely.traffic:
        value = f"data {percent(likely.data, 1)}, traffic {percent(likely.traffic, 1)}"
    yield Assumption("Growth per month", f"{value} over {answers.horizon_months} months", "assumed", _YOURS)
    ends = f"traffic {percent(low.traffic, 1)} to {percent(high.traffic, 1)} a month"
    if (low.data, high.data) != (low.traffic, high.traffic):
        ends = f"data {percent(low.data, 1)} to {percent(high.data, 1)}, {ends}"
    yield Assumption("Growth, low to high", f"{ends}; what was not said to shrink does not", "assumed")
    if answers.season_peak:
        spread = f"peaks {min(answers.season_peak):.2f} to {max(answers.season_peak):.2f} of the year's mean"
        source = f"your metrics, {answers.season_source}" if answers.season_source else "your metrics"
        yield Assumption("Season", f"{spread}; the estimate's month has what was measured", "recorded", source)
