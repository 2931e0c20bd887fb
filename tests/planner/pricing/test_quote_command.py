"""`manage.py quote`: JSON out, or one line on standard error and exit status 2."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from django.core.management import call_command

SPEC = '{"design": "memorydb-valkey", "node_type": "db.r6g.large", "replicas": 1}'


def test_a_file_is_quoted_as_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "spec.json"
    path.write_text(SPEC)
    call_command("quote", str(path))
    answer = json.loads(capsys.readouterr().out)
    assert answer["monthly_usd"] == "315.80"
    assert answer["missing"] == []


def test_a_dash_reads_standard_input(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(SPEC))
    call_command("quote", "-")
    assert json.loads(capsys.readouterr().out)["monthly_usd"] == "315.80"


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"{", "line 1: is not JSON"),
        (b"", "is not JSON"),
        (b"[1]", "is not a JSON object"),
        (b"\xff\xfe\x00", "is not text"),
        (b"[" * 100_000, "is nested too deeply"),
        (b'{"design": "nothing"}', "no design called 'nothing'"),
    ],
)
def test_bad_input_is_one_line_and_status_2(
    content: bytes, says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "spec.json"
    path.write_bytes(content)
    with pytest.raises(SystemExit) as stopped:
        call_command("quote", str(path))
    error = capsys.readouterr().err
    assert stopped.value.code == 2
    assert error.startswith("error: ")
    assert error.count("\n") == 1
    assert says in error


def test_a_missing_file_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        call_command("quote", "no-such-file.json")
    assert capsys.readouterr().err == "error: no-such-file.json: cannot be read: No such file or directory.\n"
