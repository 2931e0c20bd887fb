"""`python -m engine privileges`: ACL lines for people, JSON for scripts, checked on a real server when asked."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.engine.cli.test_profile import MIXED, engine


@pytest.mark.live
def test_the_rights_are_checked_on_a_real_server(tmp_path: Path) -> None:
    done = engine(tmp_path, "privileges", MIXED, "--check", "--json", "-")
    assert done.returncode == 0, done.stderr
    groups = json.loads(done.stdout)
    assert [group["operations"] for group in groups] == [12_147, 1]
    for group in groups:
        assert group["checked"]["mistakes"] == []
        assert group["checked"]["allowed"] > 0 and group["checked"]["refused"] > 0


def test_the_lines_can_be_pasted(tmp_path: Path) -> None:
    done = engine(tmp_path, "privileges", MIXED)
    assert done.returncode == 0, done.stderr
    lines = [line for line in done.stdout.splitlines() if line and not line.startswith("#")]
    assert len(lines) == 2
    assert all(line.startswith("ACL SETUSER ") and " on >PASSWORD resetkeys " in line for line in lines)


def test_what_cannot_be_read_is_one_line_and_status_2(tmp_path: Path) -> None:
    done = engine(tmp_path, "privileges", tmp_path / "missing")
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
