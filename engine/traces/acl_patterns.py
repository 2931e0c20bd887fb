"""Key and channel patterns for access control lists, made from keys: what varies becomes `*`.

A pattern matches every key it was made from (the engines' glob, byte by byte). It has no blanks, quotes or bytes that do
not print: those become `?`, because a rule is one word. Glob characters of the key itself are escaped.
"""

from __future__ import annotations

from functools import lru_cache

from engine.traces.families import LONGEST, family

ANY = "*"
_ONE_WORD = bytes(byte if 33 <= byte <= 126 and byte not in b"\"'" else ord("?") for byte in range(256))
_VARIES = "{id}"
_ESCAPED = str.maketrans({"*": r"\*", "[": r"\[", "]": r"\]", "\\": r"\\"})
_TOGETHER = 64  # patterns of one kind; more are drawn together by what they begin with
_DELIMITERS = ":/|.-_"


@lru_cache(maxsize=1 << 16)
def pattern_of(key: bytes) -> str:
    """The pattern of keys like this one, as `engine.traces.families` sees them."""
    cut = key[:LONGEST]
    fixed = [part.translate(_ESCAPED) for part in family(cut.translate(_ONE_WORD)).split(_VARIES)]
    pattern = ANY.join(fixed)
    return pattern if len(key) <= LONGEST else pattern + ANY


def literal(word: bytes) -> str:
    """A channel pattern as the client gave it: the engines compare those letter by letter."""
    return word.translate(_ONE_WORD).decode("ascii")


def few(patterns: frozenset[str]) -> frozenset[str]:
    """At most `_TOGETHER` patterns that match all that these do: by first segment, and in the end `*`."""
    if len(patterns) <= _TOGETHER:
        return patterns
    shorter = frozenset(_first_segment(pattern) for pattern in patterns)
    return shorter if len(shorter) <= _TOGETHER else frozenset((ANY,))


def _first_segment(pattern: str) -> str:
    place = next((at for at, letter in enumerate(pattern) if letter in _DELIMITERS or letter == ANY), len(pattern))
    return (
        pattern[: place + 1] + (ANY if pattern[place : place + 1] != ANY else "") if place < len(pattern) else pattern
    )
