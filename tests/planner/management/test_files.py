"""Files of the commands: objects in, all outputs or none out."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.errors import InputError
from planner.management.files import check_writable, read_object, write_all


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """An empty folder."""
    folder = tmp_path / "place"
    folder.mkdir()
    return folder


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b'{\n"a": ', "line 2: is not JSON"),
        (b"", "is not JSON"),
        (b"[1]", "is not a JSON object"),
        (b"\xff\xfe\x00", "is not text"),
        (b"[" * 100_000, "is nested too deeply"),
    ],
)
def test_a_file_that_is_no_object_is_refused_by_name(content: bytes, says: str, tmp_path: Path) -> None:
    path = tmp_path / "answers.json"
    path.write_bytes(content)
    with pytest.raises(InputError, match=says) as refused:
        read_object(path)
    assert "answers.json" in str(refused.value)


def test_a_missing_file_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"answers\.json: cannot be read"):
        read_object(tmp_path / "answers.json")


def test_outputs_replace_what_was_there_and_leave_nothing_else(place: Path) -> None:
    target = place / "out.json"
    target.write_text("old")
    write_all({str(target): b"new", str(place / "out.pdf"): b"%PDF"})
    assert target.read_bytes() == b"new"
    assert sorted(path.name for path in place.iterdir()) == ["out.json", "out.pdf"]


def test_when_one_output_cannot_be_written_none_is(place: Path) -> None:
    target = place / "out.json"
    target.write_text("old")
    with pytest.raises(InputError, match="cannot be written"):
        write_all({str(target): b"new", str(place / "gone" / "out.pdf"): b"%PDF"})
    assert target.read_text() == "old"
    assert [path.name for path in place.iterdir()] == ["out.json"]


def test_a_dash_is_standard_output(capsys: pytest.CaptureFixture[str]) -> None:
    write_all({"-": "größer\n".encode()})
    assert capsys.readouterr().out == "größer\n"


def test_a_place_that_cannot_be_written_is_known_beforehand(place: Path) -> None:
    check_writable("-")
    check_writable(str(place / "out.json"))
    with pytest.raises(InputError, match="the folder does not exist"):
        check_writable(str(place / "gone" / "out.json"))
    with pytest.raises(InputError, match="is a folder"):
        check_writable(str(place))
