"""What a person can get wrong when a run is played by workers: one line each, status 2, and the token is never repeated."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.__main__ import main
from engine.cli.workers import TOKEN_VARIABLE, parse_address, read_token
from engine.recording.address import Address
from tests.engine.replay.recordings import line, read

TOKEN = "a token of these tests alone, not to be guessed"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--listen", "127.0.0.1:0"], "--listen: belongs to a run with workers."),
        (["--workers", "2"], "--listen: missing."),
        (["--workers", "2", "--listen", "nowhere"], "--listen: “nowhere” is no address."),
        (["--workers", "2", "--listen", "127.0.0.1:99999"], "is no address."),
        (["--workers", "0", "--listen", "127.0.0.1:0"], "--workers: 0 is no number of workers."),
        (["--workers", "2", "--players", "2", "--listen", "127.0.0.1:0"], "--players: is for processes of this one."),
        (["--workers", "2", "--listen", "192.0.2.1:7500"], "--listen 192.0.2.1:7500: cannot be listened on."),
        (["--workers", "2", "--listen", "0.0.0.0:0"], "can be reached on this machine only"),
        (["--players", "65"], "players: 65 is no number of players."),
    ],
)
def test_a_run_that_cannot_be_is_one_line_and_status_2(
    words: list[str],
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv(TOKEN_VARIABLE, TOKEN)
    read(tmp_path, [line(0, "SET a 1")])
    assert main(["replay", str(tmp_path / "trace.parquet"), *words]) == 2
    said = capsys.readouterr().err
    assert message in said
    assert TOKEN not in said


def test_a_worker_whose_run_does_not_listen_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(TOKEN_VARIABLE, TOKEN)
    assert main(["load", "--join", "127.0.0.1:1", "--patience", "0"]) == 2
    assert "--join 127.0.0.1:1: nobody answers (Connection refused)." in capsys.readouterr().err


def test_a_token_comes_from_the_file_or_else_from_the_environment(tmp_path: Path) -> None:
    (tmp_path / "token").write_text(f"{TOKEN} of the file\n")
    assert read_token(tmp_path / "token", {TOKEN_VARIABLE: TOKEN}) == f"{TOKEN} of the file".encode()
    assert read_token(None, {TOKEN_VARIABLE: f" {TOKEN}\n"}) == TOKEN.encode()


def test_a_token_that_is_missing_or_short_is_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv(TOKEN_VARIABLE, raising=False)
    assert main(["load", "--join", "127.0.0.1:1"]) == 2
    assert f"{TOKEN_VARIABLE}: there is no token." in capsys.readouterr().err
    (tmp_path / "token").write_text("guess me")
    for name, message in (("token", "too short"), ("none", "the file cannot be read")):
        assert main(["load", "--join", "127.0.0.1:1", "--token-file", str(tmp_path / name)]) == 2
        said = capsys.readouterr().err
        assert message in said
        assert "guess me" not in said


def test_addresses_of_both_kinds_are_read() -> None:
    assert parse_address("host:7500", "x") == Address("host", 7500)
    assert parse_address("[::1]:7500", "x") == Address("::1", 7500)
