"""Options of every subcommand that reads recordings: which files, how to redact, how long it took."""

from __future__ import annotations

import argparse
import math
from collections.abc import Sequence
from pathlib import Path

from engine.errors import InputError
from engine.traces.formats.reader import Options
from engine.traces.redaction import key_from_content
from engine.units import parse_duration

_LARGEST_WORD_FILE = 1 << 20
_LONGEST_S = 10 * 366 * 86_400


def add_reading_options(parser: argparse.ArgumentParser, *, inputs: str) -> None:
    """Declare INPUT (one or several files) and the options of reading it."""
    parser.add_argument("input", type=Path, nargs="+", metavar="INPUT", help=inputs)
    parser.add_argument(
        "--duration", metavar="TIME", help="how long the recording took, where the format has no clock: 90s, 1h"
    )
    parser.add_argument("--no-redact", action="store_true", help="keep keys and values as they are")
    parser.add_argument(
        "--keep-words",
        default="",
        metavar="WORDS|FILE",
        help="parts of keys to leave readable: separated by commas, or a file with one a line",
    )


def reading_options(args: argparse.Namespace) -> Options:
    """What the person said. The same files give the same redaction again. Raises InputError naming the option."""
    redact = not args.no_redact
    return Options(
        redact=redact,
        keep_words=_words(args.keep_words),
        redaction_key=key_from_content(args.input) if redact else None,
        duration_s=None if args.duration is None else seconds(args.duration, "--duration"),
        engine=getattr(args, "engine", None),
    )


def named(paths: Sequence[Path]) -> list[tuple[Path, str]]:
    """The files with the names to call them by."""
    return [(path, str(path)) for path in paths]


def seconds(text: str, option: str) -> float:
    """`90s` -> 90.0. Raises InputError naming the option."""
    try:
        found = parse_duration(text) / 1e6
    except InputError as error:
        raise InputError(error.problem, source=option, expected=error.expected) from error
    if not 0 < found <= _LONGEST_S or math.isnan(found):
        raise InputError(f"“{text}” cannot be.", source=option, expected="a time above 0, of ten years at most.")
    return found


def _words(text: str) -> frozenset[bytes]:
    """Words between commas, or the lines of the file of that name."""
    path = Path(text)
    try:
        if text and path.is_file():
            if path.stat().st_size > _LARGEST_WORD_FILE:
                raise InputError("the file is too large.", source=f"--keep-words {text}", expected="one word a line.")
            listed = path.read_bytes().splitlines()
        else:
            listed = text.encode().split(b",")
    except (OSError, ValueError) as error:
        raise InputError("cannot be read.", source="--keep-words", expected="words or a file.") from error
    return frozenset(word.strip() for word in listed if word.strip())
