"""Redaction as one compiled loop over the words of a block: each is replaced, in place, as its role asks."""

from __future__ import annotations

import numpy as np

from engine.kernels import kernel
from engine.traces import roles as role
from engine.traces.block import I64, U8
from engine.traces.redacting.permutation import EXACT_BYTES
from engine.traces.redacting.text import redact_text
from engine.traces.redacting.values import redact_coordinate, redact_value

_KEY, _VALUE, _NAME, _COORDINATE = role.KEY, role.VALUE, role.NAME, role.COORDINATE


@kernel
def redact_words(
    data: U8, offsets: I64, roles: U8, key0: np.uint64, key1: np.uint64, kept: U8, ends: I64, slots: I64
) -> None:
    """Replace every word by its role. `kept`, `ends`, `slots`: the words to keep, as `text.py` looks them up."""
    alphabets = np.zeros(EXACT_BYTES, np.uint8)
    for word in range(len(roles)):
        start, stop = offsets[word], offsets[word + 1]
        if roles[word] == _KEY or roles[word] == _NAME:
            redact_text(data, start, stop, key0, key1, kept, ends, slots, alphabets)
        elif roles[word] == _VALUE:
            redact_value(data, start, stop, key0, key1, alphabets)
        elif roles[word] == _COORDINATE:
            redact_coordinate(data, start, stop, key0, key1, alphabets)
