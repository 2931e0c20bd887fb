"""The family of a key: its name with the parts that tell one key from the next replaced by `{id}`.

`user:7:cart` and `user:{7}:cart` are both `user:{id}:cart`. Always printable; of a long key only the
first `LONGEST` bytes are looked at; the family of a family is itself.
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import pairwise

LONGEST = 256  # bytes of a key that are looked at
_CUT = "…"
_ONE_DIGIT = bytes(ord("0") if chr(byte).isdecimal() else byte for byte in range(256))  # which digit never matters
_SEGMENT = r"[^:/|.\-_ {}]"
_IDENTIFIER = re.compile(
    rf"(?<!{_SEGMENT})(?:"
    r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"  # UUID
    rf"|{_SEGMENT}*[0-9]{_SEGMENT}*"  # anything with a digit
    r"|[0-9a-fA-F]{8,}"  # hexadecimal without a digit
    rf")(?!{_SEGMENT})"
)
_LONG_TOKEN = re.compile(r"(?<![A-Za-z0-9+=_-])[A-Za-z0-9+=_-]{16,}(?![A-Za-z0-9+=_-])")
_BRACED = re.compile(r"\{+\{id\}\}+")
_RUN = re.compile(r"\{id\}(?:[-._]\{id\})+")  # dates, dotted addresses, dashed identifiers


def family(key: bytes) -> str:
    """The pattern of keys like this one, `{id}` for what varies.

    A segment between `: / | . - _` and blanks varies when it has a digit, is hexadecimal of at least eight letters,
    or is part of a long token that changes between cases and digits as random ones do. Bytes that are no UTF-8 and
    characters that do not print are shown escaped.
    """
    if len(key) > LONGEST:
        return _family(key[:LONGEST].translate(_ONE_DIGIT)) + _CUT
    return _family(key.translate(_ONE_DIGIT))


@lru_cache(maxsize=1 << 16)
def _family(key: bytes) -> str:
    text = printable(key)
    text = _LONG_TOKEN.sub(_random_or_same, text)
    text = _IDENTIFIER.sub("{id}", text)
    return _RUN.sub("{id}", _BRACED.sub("{id}", text))


def printable(key: bytes) -> str:
    """The key as text for people: what is no UTF-8 or does not print is shown escaped."""
    text = key.decode("utf-8", "backslashreplace")
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in text)


def _random_or_same(match: re.Match[str]) -> str:
    """A token is random when at least a third of its neighbours change between lower case, upper case and digit."""
    token = match.group()
    changes = sum(_kind(a) != _kind(b) for a, b in pairwise(token) if a.isalnum() and b.isalnum())
    mixed = any(char.islower() for char in token) and any(char.isupper() for char in token)
    return "{id}" if mixed and changes * 3 >= len(token) else token


def _kind(char: str) -> int:
    return 0 if char.islower() else 1 if char.isupper() else 2
