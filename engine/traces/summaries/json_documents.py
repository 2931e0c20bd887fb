"""JSON as command line tools write it: one document or several one after another. Every fault becomes InputError."""

from __future__ import annotations

import json
from typing import Any, NoReturn

from engine.errors import InputError

EXPECTED = "the JSON that get-metric-data or get-metric-statistics print."


def documents(text: str, source: str) -> list[Any]:
    """All JSON documents in `text`; those of a list stand for themselves. Raises InputError naming the line."""
    found: list[Any] = []
    place, decoder = _next(text, 0), json.JSONDecoder(parse_constant=_no_constant)
    try:
        while place < len(text):
            document, place = decoder.raw_decode(text, place)
            found += document if isinstance(document, list) else [document]
            place = _next(text, place)
    except json.JSONDecodeError as error:
        line = text.count("\n", 0, error.pos) + 1
        raise InputError(
            "the JSON is broken here.", source=source, line=line, expected=EXPECTED, remedy="Perhaps it is cut off."
        ) from error
    except (ValueError, RecursionError) as error:
        raise InputError("the JSON cannot be read.", source=source, expected=EXPECTED) from error
    return found


def _next(text: str, place: int) -> int:
    while place < len(text) and text[place] in " \t\r\n,\ufeff":
        place += 1
    return place


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)
