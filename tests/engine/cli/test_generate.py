"""`python -m engine generate` as a person runs it."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.__main__ import main
from engine.traces.store import read_header


def test_a_workload_is_written_with_the_values_given(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / "out.parquet"
    words = ["generate", "session-store", "--out", str(target), "--seed", "5", "--set", "keys=200", "rate=100"]
    assert main([*words, "--set", "duration_s=2"]) == 0
    header = read_header(target)
    assert (header.source_name, header.population, header.duration_us) == ("session-store", 200, 2_000_000)
    assert "200 of them the starting keyspace, over 2 s." in capsys.readouterr().out


def test_the_list_names_every_workload_and_parameter(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["generate", "--list"]) == 0
    out = capsys.readouterr().out
    assert "leaderboard  Gaming leaderboard" in out
    assert "keys, rate, value_size, read_share, skew, duration_s" in out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["leaderboard"], "WORKLOAD, --out: missing."),
        (["nothing", "--out", "{}/x"], "there is no workload “nothing”"),
        (["leaderboard", "--out", "{}/x", "--set", "keys"], "--set: “keys” sets nothing."),
        (["leaderboard", "--out", "{}/x", "--set", "keys=1"], "keys: 1 is out of range."),
        (["leaderboard", "--out", "{}/none/x"], "no such folder."),
        (["leaderboard", "--out", "{}/x", "--seed", "-3"], "seed: -3 is no seed."),
    ],
)
def test_bad_input_is_one_line_and_status_2(
    words: list[str], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["generate", *(word.format(tmp_path) for word in words)]) == 2
    assert message in capsys.readouterr().err
    assert list(tmp_path.glob("*x")) == []
