"""`manage.py quote SPEC.json`: one design priced, as JSON. `-` reads standard input.

Bad input is one line on standard error and exit status 2.
"""

from __future__ import annotations

import json
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from engine.errors import InputError
from planner.pricing.designs import available
from planner.pricing.quote import quote

MOST_BYTES = 1_000_000


class Command(BaseCommand):
    """Read a spec, print its cost lines."""

    help = f"Price one design from a JSON spec and print its cost lines as JSON. Designs: {', '.join(available())}."
    requires_system_checks: list[str] = []  # noqa: RUF012 - Django declares it so; prices need no database

    def add_arguments(self, parser: CommandParser) -> None:
        """One argument: the spec."""
        parser.add_argument("spec", metavar="SPEC.json", help="the spec's file, or - for standard input")

    def handle(self, *args: Any, spec: str, **options: Any) -> None:
        """Print the quote, or one line saying what is wrong."""
        try:
            answer = quote(_read(spec)).to_json()
        except InputError as error:
            self.stderr.write(f"error: {error}")
            sys.exit(2)
        self.stdout.write(json.dumps(answer, indent=2, ensure_ascii=False))


def _read(name: str) -> dict[str, object]:
    source = "standard input" if name == "-" else name
    try:
        text = sys.stdin.read(MOST_BYTES + 1) if name == "-" else _read_file(Path(name))
        data = json.loads(text, parse_float=Decimal)
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}.", source=source) from error
    except UnicodeDecodeError as error:
        raise InputError("is not text.", source=source, expected="a JSON object.") from error
    except json.JSONDecodeError as error:
        raise InputError(f"is not JSON: {error.msg}.", source=source, line=error.lineno) from error
    except RecursionError as error:
        raise InputError("is nested too deeply.", source=source, expected="a flat JSON object.") from error
    if not isinstance(data, dict):
        raise InputError("is not a JSON object.", source=source, expected='such as {"design": "memorydb-valkey", …}.')
    return data


def _read_file(path: Path) -> str:
    with path.open(encoding="utf-8") as file:
        return file.read(MOST_BYTES)
