"""Options of `manage.py estimate` that are refused before minutes of work, in one line that names the option."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.management import call_command

from engine.traces.samples import ECOMMERCE
from planner.management.commands.estimate import BAD_INPUT


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--rates", "1000"), "--rates: this belongs to a ramp."),
        (("--objective-read-ms", "2"), "--objective-read-ms: this belongs to a ramp."),
        (("--ramp", "--rates", "fast"), "--rates: “fast” are no rates."),
    ],
)
def test_what_belongs_to_a_ramp_needs_one(
    options: tuple[str, ...], words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        call_command("estimate", str(ECOMMERCE), "--json", str(tmp_path / "out.json"), *options)
    assert ended.value.code == BAD_INPUT
    assert words in capsys.readouterr().err
    assert not (tmp_path / "out.json").exists()
