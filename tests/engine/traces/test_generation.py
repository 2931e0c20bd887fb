"""The parts of workload generation: Zipf against its own formula, arrivals, command templates, value sizes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import InputError
from engine.traces.generation import template
from engine.traces.generation.arrivals import arrivals
from engine.traces.generation.drawing import Drawing, table_mean, written
from engine.traces.generation.variables import Count, Counter, Index, Value
from engine.traces.generation.zipf import Zipf


def random() -> np.random.Generator:
    return np.random.Generator(np.random.PCG64(11))


@pytest.mark.parametrize("exponent", [0.0, 0.3, 0.99, 1.0, 1.5, 3.0])
def test_ranks_are_as_frequent_as_the_formula_says(exponent: float) -> None:
    """200,000 draws of 50 ranks: four standard deviations of each rank's count."""
    draws = 200_000
    counts = np.bincount(Zipf(50, exponent).draw(random(), draws), minlength=50)
    weights = np.arange(1, 51) ** -exponent
    expected = draws * weights / weights.sum()
    assert len(counts) == 50
    assert np.all(np.abs(counts - expected) <= 4.5 * np.sqrt(expected) + 1)


@given(count=st.integers(1, 10**9), exponent=st.floats(0, 4))
@settings(max_examples=50, deadline=None)
def test_ranks_stay_inside_the_set_whatever_its_size(count: int, exponent: float) -> None:
    ranks = Zipf(count, exponent).draw(random(), 100)
    assert 0 <= ranks.min() <= ranks.max() < count


def test_arrivals_keep_the_mean_rate_and_the_shape_of_the_day() -> None:
    """10,000 expected over 100 s; with a peak of 1.8 the middle fifth has 1 + 0.8 sin(0.2π) / (0.2π) = 1.748 times as many."""
    times = np.concatenate(list(arrivals(random(), per_s=100, duration_s=100, peak=1.8, block=1_000)))
    assert np.all(np.diff(times) >= 0)
    assert 0 <= times[0] <= times[-1] < 100_000_000
    assert len(times) == pytest.approx(10_000, rel=0.04)
    middle = np.count_nonzero((times >= 40e6) & (times < 60e6))
    assert middle / (len(times) / 5) == pytest.approx(1.748, rel=0.06)


def test_a_template_is_read_as_redis_cli_reads_a_command() -> None:
    parsed = template.parse(r'HSET "cart:{{{user}}}" "a \"b\"\n" {value} 100% "%s{user}"', "my.toml")
    assert parsed.names == {"user", "value"}
    words = parsed.compiled({"user": 0, "value": 1})([b"42", b"\x00x"])
    assert words == [b"HSET", b"cart:{42}", b'a "b"\n', b"\x00x", b"100%", b"%s42"]


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="{}"), max_size=12), min_size=1, max_size=6))
@settings(max_examples=80)
def test_words_in_quotes_come_back_as_they_were(words: list[str]) -> None:
    quoted = " ".join('"' + word.replace("\\", "\\\\").replace('"', '\\"') + '"' for word in words)
    assert template.parse(f"SET {quoted}", "x").example()[1:] == [word.encode() for word in words]


@given(st.text(max_size=40))
@settings(max_examples=80)
def test_any_text_is_a_template_or_an_input_error(text: str) -> None:
    try:
        assert template.parse(text, "my.toml").words
    except InputError as error:
        assert error.source == "my.toml"


def test_tokens_tell_a_hundred_thousand_things_apart_and_have_their_length() -> None:
    for length in (12, 16, 40):
        index = Index("key", Count(1), 0.0, "hex", length)
        tokens = set(written(index, np.arange(100_000, dtype=np.int64)))
        assert len(tokens) == 100_000
        assert {len(token) for token in tokens} == {length}


def test_sizes_of_a_table_are_scaled_to_the_mean() -> None:
    """By hand: half up to 100 (mean 50), half up to 300 (mean 200): 125."""
    table = ((0.0, 0.0), (0.5, 100.0), (1.0, 300.0))
    assert table_mean(table) == 125
    drawing = Drawing(random(), {})
    values = drawing.column(Value("v", 1_000.0, "table", table=table), np.zeros(4_000, np.int64))
    sizes = [len(value) for value in values]
    assert sum(sizes) / len(sizes) == pytest.approx(1_000, rel=0.05)
    assert max(sizes) <= 300 * 8


def test_a_counter_that_stays_behind_never_overtakes() -> None:
    drawing = Drawing(random(), {})
    ahead, behind = Counter("made", "queue", None), Counter("done", "queue", "made")
    assert [drawing.step(ahead, b"a") for _ in range(3)] == [b"1", b"2", b"3"]
    assert [drawing.step(behind, b"a") for _ in range(5)] == [b"1", b"2", b"3", b"3", b"3"]
    assert drawing.step(ahead, b"b") == b"1"
