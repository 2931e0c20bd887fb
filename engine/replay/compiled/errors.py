"""What an error reply says: a redirection to follow, or a kind to count. Compiled."""

from __future__ import annotations

from engine.kernels import kernel
from engine.replay.compiled.tables import U8, State

_NONE = -1
_SPACE = 32


@kernel
def is_redirected(s: State, link: int, e: int) -> bool:
    """Whether an error is MOVED, ASK or TRYAGAIN."""
    if s["scan_nested"][link] or s["e_unit"][e] == _NONE or s["scan_length"][link] < 6:
        return False
    text = s["text"][link]
    moved = text[0] == 77 and text[1] == 79 and text[2] == 86 and text[3] == 69 and text[4] == 68 and text[5] == _SPACE
    again = text[0] == 84 and text[1] == 82 and text[2] == 89 and text[3] == 65  # TRYA
    return bool(moved or again or (text[0] == 65 and text[1] == 83 and text[2] == 75 and text[3] == _SPACE))


@kernel
def count(s: State, e: int, text: U8, length: int) -> None:
    """By its first word."""
    s["e_errors"][e] += 1
    stop = 0
    while stop < min(length, s["error_words"].shape[1]) and text[stop] != _SPACE:
        stop += 1
    place = _find_word(s, text, stop)
    s["error_counts"][place] += 1
    if stop == 3 and text[0] == 79 and text[1] == 79 and text[2] == 77:
        s["out_of_memory"] = 1


@kernel
def _find_word(s: State, text: U8, stop: int) -> int:
    words, known = s["error_words"], s["error_kinds"]
    for place in range(known):
        at = 0
        while at < stop and words[place, at] == text[at]:
            at += 1
        if at == stop and (stop == words.shape[1] or words[place, stop] == 0):
            return place
    if known == len(words):
        return int(known - 1)
    words[known, :stop] = text[:stop]
    s["error_kinds"] += 1
    return int(known)
