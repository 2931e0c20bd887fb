"""The README keeps up with what can be typed and set; the changelog is open on top."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from django.core.management import get_commands

from engine.__main__ import SUBCOMMANDS
from engine.recording.address import PASSWORD_VARIABLE

PROJECT = Path(__file__).parents[1]
READERS = frozenset({"text", "flag", "number"})


@pytest.fixture(scope="module")
def readme() -> str:
    """What a newcomer reads."""
    return (PROJECT / "README.md").read_text()


def _own_commands() -> list[str]:
    return sorted(name for name, app in get_commands().items() if str(app).startswith("planner"))


def _settings() -> list[str]:
    """Every variable that `settings.py` reads through `env`."""
    calls = [
        node
        for node in ast.walk(ast.parse((PROJECT / "planner/settings.py").read_text()))
        if isinstance(node, ast.Call)
    ]
    return sorted(
        str(call.args[0].value)
        for call in calls
        if isinstance(call.func, ast.Attribute) and call.func.attr in READERS and isinstance(call.args[0], ast.Constant)
    )


def _engine_subcommands() -> tuple[str, ...]:
    return SUBCOMMANDS


def test_the_commands_are_found() -> None:
    assert {"up", "sign_in_link"} <= set(_own_commands())


def test_the_settings_are_found() -> None:
    assert {"HEADROOM_DATA", "HEADROOM_DEBUG", "HEADROOM_UPLOAD_MAX_BYTES"} <= set(_settings())


@pytest.mark.parametrize("command", _own_commands())
def test_the_readme_knows_every_management_command(command: str, readme: str) -> None:
    assert f"manage.py {command}" in readme


@pytest.mark.parametrize("setting", _settings())
def test_the_readme_knows_every_setting(setting: str, readme: str) -> None:
    assert f"`{setting}`" in readme


def test_the_readme_knows_no_setting_that_is_gone(readme: str) -> None:
    assert set(re.findall(r"`(HEADROOM_[A-Z_]+)`", readme)) <= {*_settings(), PASSWORD_VARIABLE}


def test_the_readme_knows_every_subcommand_of_the_engine(readme: str) -> None:
    assert [name for name in _engine_subcommands() if f"python -m engine {name}" not in readme] == []


def test_the_readme_knows_every_target_of_make(readme: str) -> None:
    targets = re.findall(r"^([a-z]+):", (PROJECT / "Makefile").read_text(), re.MULTILINE)
    documented = [target for target in targets if target in {"run", "test", "lint", "bench", "accuracy", "clean"}]
    assert len(documented) == 6
    assert [target for target in documented if f"make {target}" not in readme] == []


def test_the_changelog_has_unreleased_on_top() -> None:
    headings = re.findall(r"^## (.+)$", (PROJECT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert headings[0].strip("[]") == "Unreleased"
