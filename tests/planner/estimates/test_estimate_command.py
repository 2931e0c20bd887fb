"""`manage.py estimate` with what can be refused before an engine starts: one line, status 2, nothing written."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from django.core.management import call_command

RECORDING = Path(__file__).parents[2] / "data" / "monitor" / "mixed_7.0.15.txt.gz"


@pytest.fixture(autouse=True)
def temporary_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the command may work; looked into afterwards."""
    folder = tmp_path / "tmp"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    return folder


def refusal(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    with pytest.raises(SystemExit) as stopped:
        call_command("estimate", *arguments)
    captured = capsys.readouterr()
    assert stopped.value.code == 2
    assert captured.out == ""
    assert captured.err.startswith("error: ")
    assert captured.err.count("\n") == 1
    return captured.err


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "Expected"),
        (b"Dear all,\n", "not a recording"),
        (bytes(range(256)) * 64, "not a recording"),
        (gzip.compress(b"Dear all,\n", mtime=0), "not a recording"),
    ],
)
def test_what_is_no_recording_is_refused_and_nothing_stays(
    content: bytes, says: str, tmp_path: Path, temporary_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source, out, pdf = tmp_path / "in.txt", tmp_path / "out.json", tmp_path / "out.pdf"
    source.write_bytes(content)
    error = refusal(capsys, str(source), "--json", str(out), "--pdf", str(pdf))
    assert says in error
    assert "in.txt" in error
    assert not out.exists()
    assert not pdf.exists()
    assert list(temporary_folder.iterdir()) == []


def test_a_recording_that_is_not_there_is_refused_by_name(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "gone.txt" in refusal(capsys, str(tmp_path / "gone.txt"), "--json", str(tmp_path / "out.json"))


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ((), "nowhere to write"),
        (("--pdf", "-"), "not written to standard output"),
        (("--json", "same", "--pdf", "same"), "the same name"),
        (("--json", "gone/out.json"), "the folder does not exist"),
        (("--json", "-", "--shards", "0"), "--shards"),
        (("--json", "-", "--replicas", "-1"), "--replicas"),
        (("--json", "-", "--speed", "0"), "speed"),
        (("--json", "-", "--mode", "sturdy"), "sturdy"),
        (("--json", "-", "--mode", "durable", "--replicas", "1"), "at least 2"),
        (("--json", "-", "--engine", "no-such-engine"), "no-such-engine"),
        (("--json", "-", "--answers", "gone.json"), "gone.json"),
        (("--json", "-", "--season", "gone.csv"), "gone.csv"),
        (("--json", "-", "--duration", "0"), "--duration"),
        (("--json", "-", "--duration", "nan"), "--duration"),
        (("gone.aof", "--json", "-"), "gone.aof"),
    ],
)
def test_a_wrong_option_is_refused_before_any_work(
    arguments: tuple[str, ...],
    says: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert says in refusal(capsys, str(RECORDING), *arguments)


def test_an_unknown_answer_is_refused_by_name(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    answers = tmp_path / "answers.json"
    answers.write_text('{"colour": "blue"}')
    error = refusal(capsys, str(RECORDING), "--json", "-", "--answers", str(answers))
    assert "colour" in error


def test_a_year_of_metrics_with_a_bad_line_is_refused_with_its_place(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    year = tmp_path / "year.csv"
    year.write_text("date,requests\n2025-01-01,100\n2025-01-02,many\n")
    error = refusal(capsys, str(RECORDING), "--json", "-", "--season", str(year))
    assert "year.csv, line 3: 'many' is no value of requests." in error
