"""How a year goes, month by month: the peak and the mean of each calendar month against the mean of the year.

Read from daily or hourly values, as CSV (a time and a value) or as CloudWatch JSON. Growth within the year is not season:
it is taken out at the rate given. Pure; raises InputError naming the line and field, or the month that is missing.
"""

from __future__ import annotations

import calendar
import csv
import io
import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from statistics import fmean, median

from engine.errors import InputError
from engine.traces.summaries import cloudwatch
from engine.traces.summaries.json_documents import documents

MOST_VALUES = 200_000  # of fifteen minutes in five years; more is not a year of hours
MOST_YEARS = 10
FEWEST_DAYS = 15  # of a month that must be there
DAY_S = 86_400.0
MONTH_S = DAY_S * 365.25 / 12
_LATEST_S = 4_102_444_800.0  # the year 2100
_MILLISECONDS_FROM = 1e11
_TIMES = ("time", "timestamp", "date", "datetime", "day", "hour")
# What stands for traffic, best first; the members of a group are added up.
_TRAFFIC = (
    ("TotalCmdsCount",),
    ("GetTypeCmds", "SetTypeCmds", "EvalBasedCmds"),
    ("ElastiCacheProcessingUnits",),
    ("NetworkBytesIn", "NetworkBytesOut"),
)
_EXPECTED_TIME = "a date, a time (2026-01-31T23:00:00Z) or Unix seconds."

Points = Mapping[float, float]


@dataclass(frozen=True, slots=True)
class Season:
    """Twelve factors each, January first: the highest and the mean value of the month against the mean of all months."""

    peak: tuple[float, ...]
    mean: tuple[float, ...]
    values: int


def season_of(text: str, name: str, *, metric: str = "", growth_per_month: float = 0.0) -> Season:
    """The season told by the text of a file called `name`. `metric`: the column or metric that stands for traffic, where
    there are several. `growth_per_month`: of traffic within the time told."""
    text = text.removeprefix("\ufeff")
    points = _of_json(text, name, metric) if text.lstrip()[:1] in ("{", "[") else _of_csv(text, name, metric)
    if len(points) > MOST_VALUES:
        raise InputError(f"{len(points):,} values.", source=name, expected="a year of daily or hourly values.")
    return _season(points, name, growth_per_month)


def _season(points: Points, name: str, growth: float) -> Season:
    _check_spacing(sorted(points), name)
    first, last = min(points), max(points)
    if last - first > MOST_YEARS * 12 * MONTH_S:  # growth compounded over more would overflow
        raise InputError(f"more than {MOST_YEARS} years.", source=name, expected="a year of daily or hourly values.")
    months: dict[int, list[float]] = defaultdict(list)
    days: dict[int, set[int]] = defaultdict(set)
    for when, value in points.items():
        month = datetime.fromtimestamp(when, UTC).month
        months[month].append(value / (1 + growth) ** ((when - first) / MONTH_S))
        days[month].add(int(when // DAY_S))
    for month in range(1, 13):
        if len(days[month]) < FEWEST_DAYS:
            had = f"{len(days[month])} days with values" if days[month] else "no values"
            raise InputError(
                f"{had} in {calendar.month_name[month]}.", source=name, expected="all twelve months of a year."
            )
    means = [fmean(months[month]) for month in range(1, 13)]
    year = fmean(means)
    for month, mean in enumerate(means, start=1):
        if not mean:
            raise InputError(f"nothing but zeros in {calendar.month_name[month]}.", source=name, expected="traffic.")
    peaks = [max(months[month]) for month in range(1, 13)]
    return Season(tuple(peak / year for peak in peaks), tuple(mean / year for mean in means), len(points))


def _check_spacing(times: Sequence[float], name: str) -> None:
    apart = median(after - before for before, after in pairwise(times)) if len(times) > 1 else math.inf
    if apart > DAY_S * 1.5:
        raise InputError("values lie more than a day apart.", source=name, expected="daily or hourly values of a year.")


def _of_csv(text: str, name: str, metric: str) -> Points:
    rows = _rows(text, name)
    number, first = next(rows, (0, []))
    if not first:
        raise InputError("the file is empty.", source=name, expected="lines of a time and a value.")
    when, what, label = _columns(first, name, metric)
    points: dict[float, float] = {}
    if _is_header(first):
        number, first = next(rows, (0, []))
    while first:
        if len(first) <= max(when, what):
            raise InputError(f"{len(first)} fields.", source=name, line=number, expected=f"a time and {label}.")
        moment = _time(first[when], name, number)
        if moment in points:
            raise InputError(
                f"the time {first[when][:40]!r} stands twice.", source=name, line=number, expected="each time once."
            )
        points[moment] = _value(first[what], name, number, label)
        number, first = next(rows, (0, []))
    return points


def _rows(text: str, name: str) -> Iterator[tuple[int, list[str]]]:
    head = text[: text.find("\n") if "\n" in text else len(text)]
    delimiter = max(",;\t", key=head.count)
    reader = csv.reader(io.StringIO(text), delimiter=delimiter)
    try:
        for row in reader:
            if any(cell.strip() for cell in row):
                yield reader.line_num, [cell.strip() for cell in row]
    except csv.Error as error:
        raise InputError(
            f"not a line of CSV: {error}.", source=name, line=reader.line_num, expected="a time and a value."
        ) from error


def _is_header(row: Sequence[str]) -> bool:
    return all(_seconds(cell) is None for cell in row)


def _columns(first: Sequence[str], name: str, metric: str) -> tuple[int, int, str]:
    """The place of the time and of the value, and what the value is called."""
    if not _is_header(first):
        if metric or len(first) != 2:
            raise InputError(
                f"{len(first)} columns without names.", source=name, line=1, expected="a line with names first."
            )
        return 0, 1, "the value"
    lowered = [cell.lower() for cell in first]
    when = next((place for place, cell in enumerate(lowered) if cell in _TIMES), 0)
    others = [place for place in range(len(first)) if place != when]
    wanted = [place for place in others if not metric or lowered[place] == metric.lower()]
    if len(wanted) != 1:
        listed = ", ".join(first[place][:40] for place in others) or "none"
        said = f"no column {metric[:40]!r}" if metric else f"{len(wanted)} columns that may be traffic"
        raise InputError(f"{said} ({listed}).", source=name, line=1, expected="the name of one of them as the metric.")
    return when, wanted[0], first[wanted[0]][:40]


def _time(text: str, name: str, line: int) -> float:
    seconds = _seconds(text)
    if seconds is None:
        raise InputError(f"the time {text[:40]!r} cannot be read.", source=name, line=line, expected=_EXPECTED_TIME)
    return seconds


def _seconds(text: str) -> float | None:
    """Unix seconds of a time, None for what is none."""
    try:
        seconds = float(text)
    except ValueError:
        try:
            moment = datetime.fromisoformat(text)
            seconds = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
        except (ValueError, OverflowError):
            return None
    seconds = seconds / 1000 if seconds > _MILLISECONDS_FROM else seconds
    return seconds if 0 <= seconds <= _LATEST_S else None


def _value(text: str, name: str, line: int, label: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 <= value < 1e30:
        raise InputError(
            f"{text[:40]!r} is no value of {label}.", source=name, line=line, expected="a number, 0 or more."
        )
    return value


def _of_json(text: str, name: str, metric: str) -> Points:
    shape = cloudwatch.shape_of([(name, documents(text, name))], seconds_between=DAY_S)
    found = {series.metric: dict(series.points) for series in shape.series}
    groups = [(metric,)] if metric else _TRAFFIC
    group = next((group for group in groups if any(one in found for one in group)), None)
    if group is None:
        expected = f"{metric or 'one of ' + ', '.join(one for each in _TRAFFIC for one in each)}."
        raise InputError(f"no such metric among {', '.join(found)[:200]}.", source=name, expected=expected)
    total: dict[float, float] = defaultdict(float)
    for one in group:
        for when, value in found.get(one, {}).items():
            total[when] += value
    return total
