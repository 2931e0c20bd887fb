"""What a subcommand shows: a progress line where somebody watches, aligned tables, JSON."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from engine.cli.terminal import ProgressBar, line, table, write_json
from engine.errors import InputError
from engine.progress import Progress


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def test_a_progress_line_has_phase_share_and_amounts() -> None:
    shown = line(Progress("read", 12 << 20, 24 << 20, "bytes"))
    assert shown == "read        [############------------]  50%  12 MiB of 24 MiB"


def test_a_progress_line_shows_gauges_with_the_unit_in_their_name() -> None:
    gauges = {"ops_per_s": 12345.0, "response_p99_us": 1500.0, "used_bytes": 2048.0, "time_left_s": 90.0, "late": 3.0}
    shown = line(Progress("replay", 5, None, "operations", "warming up", gauges))
    assert shown == (
        "replay      5 operations  warming up  12,345 ops/s  response p99 1.5 ms  used 2 KiB  time left 1.5 min  late 3"
    )


def test_a_terminal_sees_one_line_that_is_taken_away_at_the_end() -> None:
    terminal = Terminal()
    with ProgressBar(terminal) as report:
        report(Progress("read", 1, 2, "bytes"))
    assert "read" in terminal.getvalue()
    assert terminal.getvalue().endswith("\r\x1b[K")
    assert "\n" not in terminal.getvalue()


def test_a_file_sees_no_progress() -> None:
    stream = io.StringIO()
    with ProgressBar(stream) as report:
        report(Progress("read", 1, 2, "bytes"))
    assert stream.getvalue() == ""


def test_a_table_aligns_names_to_the_left_and_figures_to_the_right() -> None:
    assert table([("SET", "2,002"), ("MGET", "5")]) == "  SET   2,002\n  MGET      5\n"


def test_json_goes_to_the_file_or_to_standard_output(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_json({"a": "é"}, str(tmp_path / "out.json"))
    write_json({"a": "é"}, "-")
    assert (tmp_path / "out.json").read_text(encoding="utf-8") == capsys.readouterr().out == '{\n  "a": "é"\n}\n'
    assert json.loads((tmp_path / "out.json").read_text(encoding="utf-8")) == {"a": "é"}


def test_a_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be written"):
        write_json({}, str(tmp_path / "no" / "such" / "folder.json"))
