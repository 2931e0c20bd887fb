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


def test_data_written_is_predicted_in_the_words_of_the_engine_asked_for(tmp_path: Path) -> None:
    """Two keys; the second expires and is deleted: DEL 24 bytes, UNLINK 27."""
    source = tmp_path / "monitor.txt"
    source.write_text(
        'OK\n1700000000.000000 [0 127.0.0.1:5000] "SET" "key:1" "v"\n'
        '1700000000.500000 [0 127.0.0.1:5000] "SET" "key:2" "v" "EX" "1"\n'
        '1700000009.000000 [0 127.0.0.1:5000] "GET" "key:1"\n'
    )
    plain, until = 4 + 9 + 11 + 7, 4 + 9 + 11 + 7 + 10 + 20
    done = engine(tmp_path, "profile", source, "--json", "-")
    said = json.loads(done.stdout)["data_written_predicted"]
    assert (said["engine"], said["bytes"], said["tag"]) == ("redis-7.0", plain + until + 24, "predicted")
    assert said["by_command"] == {"SET": plain + until, "DEL": 24}
    assert said["by_family"] == {"key:{id}": plain + until + 24}
    assert (said["peak_bytes_per_s"], said["peak_10ms_bytes"]) == (plain + until, until)
    done = engine(tmp_path, "profile", source, "--written-as", "valkey-9")
    assert f"Data written: {plain + until + 27} B ({plain + until + 27} bytes; predicted, valkey-9)" in done.stdout


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
