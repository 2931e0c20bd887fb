"""A year of metrics as twelve factors: hand-made years, both formats, and what a bad line is told."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import InputError
from planner.sizing.seasonality import season_of

START = datetime(2025, 1, 1, tzinfo=UTC)
DAYS = [START + timedelta(days=day) for day in range(365)]


def year(**by_month: float) -> list[tuple[datetime, float]]:
    """100 a day; other values by the month's number as `m12`."""
    return [(day, by_month.get(f"m{day.month}", 100.0)) for day in DAYS]


def as_csv(points: list[tuple[datetime, float]], head: str = "date,requests\n") -> str:
    return head + "".join(f"{when:%Y-%m-%d},{value}\n" for when, value in points)


def as_cloudwatch(points: list[tuple[datetime, float]], metric: str = "GetTypeCmds") -> str:
    datapoints = [{"Timestamp": when.isoformat(), "Sum": value, "Unit": "Count"} for when, value in points]
    return json.dumps({"Label": metric, "Datapoints": datapoints})


def test_an_even_year_has_no_season() -> None:
    season = season_of(as_csv(year()), "year.csv")
    assert season.peak == season.mean == pytest.approx((1.0,) * 12)
    assert season.values == 365


def test_a_december_of_twice_the_traffic_stands_out() -> None:
    # mean of the year: (11 x 100 + 200) / 12 = 108.333; December 200 / 108.333, the others 100 / 108.333
    season = season_of(as_csv(year(m12=200.0)), "year.csv")
    assert season.mean[11] == pytest.approx(24 / 13)
    assert season.mean[0] == pytest.approx(12 / 13)


def test_one_busy_day_moves_the_peak_of_its_month_and_hardly_the_mean() -> None:
    points = [(day, 1000.0 if (day.month, day.day) == (11, 28) else 100.0) for day in DAYS]
    season = season_of(as_csv(points), "year.csv")
    # November's mean: (29 x 100 + 1000) / 30 = 130; of the year: (11 x 100 + 130) / 12 = 102.5
    assert season.mean[10] == pytest.approx(130 / 102.5)
    assert season.peak[10] == pytest.approx(1000 / 102.5)
    assert season.peak[0] == pytest.approx(100 / 102.5)


def test_cloudwatch_says_the_same_as_csv() -> None:
    points = year(m12=200.0)
    assert season_of(as_cloudwatch(points), "year.json").mean == pytest.approx(season_of(as_csv(points), "x").mean)


def test_reads_and_writes_of_cloudwatch_are_added_up() -> None:
    both = as_cloudwatch(year(m12=300.0)) + as_cloudwatch(year(), "SetTypeCmds")
    assert season_of(both, "year.json").mean == pytest.approx(season_of(as_csv(year(m12=200.0)), "x").mean)


def test_growth_within_the_year_is_not_season() -> None:
    month_days = 365.25 / 12
    points = [(day, 100 * 1.05 ** (index / month_days)) for index, day in enumerate(DAYS)]
    season = season_of(as_csv(points), "year.csv", growth_per_month=0.05)
    assert season.mean == pytest.approx((1.0,) * 12)


def test_semicolons_unix_seconds_and_no_header_will_do() -> None:
    text = "".join(f"{when.timestamp():.0f};{value}\n" for when, value in year())
    assert season_of(text, "year.csv").mean == pytest.approx((1.0,) * 12)


def test_of_several_columns_one_is_named() -> None:
    rows = "".join(f"{day:%Y-%m-%d},{index},100\n" for index, day in enumerate(DAYS))
    text = f"date,errors,requests\n{rows}"
    assert season_of(text, "year.csv", metric="Requests").mean == pytest.approx((1.0,) * 12)
    with pytest.raises(InputError, match="2 columns that may be traffic \\(errors, requests\\)"):
        season_of(text, "year.csv")
    with pytest.raises(InputError, match="no column 'hits'"):
        season_of(text, "year.csv", metric="hits")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "year.csv: the file is empty."),
        ("date,requests\n2025-01-01,100\n2025-01-02,many\n", "year.csv, line 3: 'many' is no value of requests."),
        ("date,requests\n2025-01-01,100\nMonday,100\n", "year.csv, line 3: the time 'Monday' cannot be read."),
        ("date,requests\n2025-01-01\n", "year.csv, line 2: 1 fields."),
        ("date,requests\n2025-01-01,1\n2025-01-01,1\n", "year.csv, line 3: the time '2025-01-01' stands twice."),
        ("date,requests\n2025-01-01,-1\n", "year.csv, line 2: '-1' is no value of requests."),
        ("date,requests\n2025-01-01,1\n2025-02-01,1\n", "values lie more than a day apart"),
        (as_csv([one for one in year() if one[0].month != 3]), "year.csv: no values in March."),
        (as_csv(year(m5=0.0)), "nothing but zeros in May"),
        ("1,2,3\n", "year.csv, line 1: 3 columns without names."),
        ('{"Label": "CPUCreditBalance", "Datapoints": []}', "no metric here describes a workload"),
        (as_cloudwatch(year(), "NewConnections"), "no such metric among NewConnections"),
    ],
)
def test_a_bad_file_is_refused_with_its_place(text: str, says: str) -> None:
    with pytest.raises(InputError) as caught:
        season_of(text, "year.csv")
    assert says in str(caught.value)


@given(text=st.text(max_size=200))
def test_any_text_gives_a_season_or_a_clear_error(text: str) -> None:
    with pytest.raises(InputError):
        season_of(text, "year.csv")


@given(st.lists(st.floats(1, 1e6), min_size=12, max_size=12))
def test_means_average_to_one_and_peaks_are_not_below_them(months: list[float]) -> None:
    points = [(day, months[day.month - 1]) for day in DAYS[::1]]
    season = season_of(as_csv(points), "year.csv")
    assert sum(season.mean) / 12 == pytest.approx(1.0)
    assert all(peak >= mean * (1 - 1e-9) for peak, mean in zip(season.peak, season.mean, strict=True))
