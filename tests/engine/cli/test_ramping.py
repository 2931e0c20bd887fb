"""Options of a ramp from the command line, and a ramp as text."""

from __future__ import annotations

import pytest

from engine.__main__ import main
from engine.cli.ramping import ramp_rows, ramp_words
from engine.cli.terminal import table
from engine.ramp.model import RampSpec
from tests.engine.ramp.curves import climbed, queueing


def test_the_knee_is_said_with_its_range_and_every_step_has_a_row() -> None:
    ramp = climbed(RampSpec(tries=1, precision=0.1), queueing(knee=10_000), first=8_000)
    assert ramp.knee_words() == "10,000 operations/s, below 11,000"
    assert ramp_words(ramp)[1] == ("limited by", "engine. At 11,000 operations/s: p99 of writes 8.33 ms > 5 ms.")
    rows = [text.split() for text in table(ramp_rows(ramp)).splitlines()]
    assert [row[0] for row in rows] == ["asked/s", "8,000", "10,000", "11,000", "12,000", "16,000"]
    assert rows[2][-1] == "yes"
    assert rows[3][-2:] == ["no,", "engine"]


def test_a_ramp_in_which_nothing_held_has_no_knee() -> None:
    ramp = climbed(RampSpec(tries=1, rates=(1_000,)), queueing(knee=10))
    assert ramp.knee_words() == "none: no rate that was tried held"
    assert "No rate that was tried held" in ramp.reason


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--objective-read-ms", "3"], "error: --objective-read-ms: this belongs to a ramp."),
        (["--ramp", "--rates", "fast"], "error: --rates: “fast” are no rates."),
        (["--ramp", "--step-seconds", "0"], "error: ramp: 0 s cannot be the step of a ramp."),
        (
            ["--ramp", "--target", "redis://host:1"],
            "error: --ramp: a ramp is played on a cluster of this machine only.",
        ),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_read(
    capsys: pytest.CaptureFixture[str], options: list[str], said: str
) -> None:
    assert main(["replay", "nothing.txt", *options]) == 2
    assert said in capsys.readouterr().err
