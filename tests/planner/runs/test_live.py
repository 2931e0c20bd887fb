"""The gauges of a replay are noted once a second and drawn as lines."""

from __future__ import annotations

from pathlib import Path

from engine.progress import Progress
from planner.runs import live


def replaying(ops: float) -> Progress:
    gauges = {"ops_per_s": ops, "response_p50_us": 100, "response_p99_us": 900, "used_bytes": 1024}
    return Progress("replay", gauges=gauges)


def test_a_gauge_is_noted_at_most_once_a_second_and_every_report_is_passed_on(tmp_path: Path) -> None:
    passed: list[Progress] = []
    clock = [0.0]
    noted = live.recording(passed.append, tmp_path / "live.csv", clock=lambda: clock[0])
    for half in range(10):
        clock[0] = half / 2
        noted(replaying(half))
    assert len(passed) == 10
    assert live.history(tmp_path / "live.csv")["ops_per_s"] == [0, 2, 4, 6, 8]


def test_only_the_replay_is_noted(tmp_path: Path) -> None:
    noted = live.recording(lambda _: None, tmp_path / "live.csv")
    noted(Progress("boot", gauges={"ops_per_s": 1}))
    noted(Progress("replay"))
    assert not (tmp_path / "live.csv").exists()


def test_a_torn_line_is_skipped_and_no_file_is_no_history(tmp_path: Path) -> None:
    path = tmp_path / "live.csv"
    assert live.history(path)["ops_per_s"] == []
    path.write_text("1,2,3,4\n5,6,7,8\n9,1")
    assert live.history(path)["used_bytes"] == [4, 8]


def test_a_long_replay_is_thinned(tmp_path: Path) -> None:
    path = tmp_path / "live.csv"
    path.write_text("".join(f"{number},1,1,1\n" for number in range(1000)))
    values = live.history(path)["ops_per_s"]
    assert len(values) <= live.POINTS
    assert values[:2] == [0, 9]


def test_a_line_runs_from_left_to_right_with_its_peak_at_the_top() -> None:
    line = live.sparkline("ops_per_s", [0, 50, 100])
    assert line is not None
    assert line.points == "0.0,63.0 160.0,32.0 320.0,1.0"
    assert (line.latest, line.peak) == (100, 100)
    assert live.sparkline("ops_per_s", [1]) is None
