"""`python -m engine profile`: JSON or tables, one line and status 2 on bad input."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from engine.traces.formats.reader import Options
from engine.traces.reading import read_recording
from engine.traces.redaction import key_from_content

ROOT = Path(__file__).parents[3]
MIXED = ROOT / "tests" / "data" / "monitor" / "mixed_7.0.15.txt.gz"


def engine(folder: Path, *args: str | Path) -> subprocess.CompletedProcess[str]:
    """Run the command as a person would; temporary files go to `folder`."""
    return subprocess.run(
        [sys.executable, "-m", "engine", *map(str, args)],
        cwd=ROOT,
        env={**os.environ, "TMPDIR": str(folder)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_help_lists_the_subcommands(tmp_path: Path) -> None:
    done = engine(tmp_path, "--help")
    assert done.returncode == 0
    assert "profile" in done.stdout
    assert "replay" in done.stdout


def test_a_recording_is_profiled_as_json_on_standard_output(tmp_path: Path) -> None:
    done = engine(tmp_path, "profile", MIXED, "--json", "-")
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["operations"] == 12_148


def test_a_recording_is_profiled_as_tables_and_leaves_no_temporary_file(tmp_path: Path) -> None:
    done = engine(tmp_path, "profile", MIXED)
    assert done.returncode == 0
    assert "key:{id}" in done.stdout
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith("headroom")] == []


def test_a_stored_trace_is_profiled_the_same(tmp_path: Path) -> None:
    options = Options(redaction_key=key_from_content([MIXED]))
    read_recording(MIXED, tmp_path / "trace.parquet", options=options)
    engine(tmp_path, "profile", MIXED, "--json", tmp_path / "one.json")
    engine(tmp_path, "profile", tmp_path / "trace.parquet", "--json", tmp_path / "other.json")
    assert json.loads((tmp_path / "one.json").read_text()) == json.loads((tmp_path / "other.json").read_text())


@pytest.mark.parametrize("content", [b"", b"junk\n", b"PAR1 but no more", b"\x1f\x8b junk"])
def test_bad_input_is_one_line_and_status_2(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "input").write_bytes(content)
    done = engine(tmp_path, "profile", tmp_path / "input")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("error: ")
    assert done.stderr.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith("headroom")] == []


def test_a_reader_that_has_seen_enough_is_no_error(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "engine", "profile", str(MIXED), "--json", "-"]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.close()
    _, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (0, b"")


def test_wrong_usage_is_status_2(tmp_path: Path) -> None:
    assert engine(tmp_path, "profile").returncode == 2
    assert engine(tmp_path, "no-such-command").returncode == 2
    assert engine(tmp_path).returncode == 2
