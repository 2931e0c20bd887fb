"""Summaries recognised by content and read whole: CloudWatch JSON, one or two outputs of INFO; plain or packed.

They are small, so they are held in memory, up to a limit. Bad input raises InputError naming the file and the figure.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from pathlib import Path

from engine.errors import InputError
from engine.progress import ignore, never
from engine.traces.formats.reader import Member
from engine.traces.summaries import cloudwatch, info
from engine.traces.summaries.json_documents import documents
from engine.traces.summaries.shape import WorkloadShape
from engine.traces.summaries.unusable import problem_of
from engine.traces.wrapping import unwrap

MAX_SUMMARY_BYTES = 16 << 20  # of all files together; a month of minutes of all metrics is less
EXPECTED = "CloudWatch JSON or the output of INFO ALL."
_REPLY_MARKS = ('"Datapoints"', '"MetricDataResults"')


def is_summary(sources: Sequence[tuple[Path, str]]) -> bool:
    """Whether the files are summaries, or outputs that look like some but tell too little (`read_summary` says which).

    False for what cannot be unpacked: reading it as a recording says why.
    """
    try:
        with unwrap(sources, report=ignore, should_stop=never) as unwrapped:
            members = unwrapped.members
            return bool(members) and all(_recognised(_text(member.head())) for member in members)
    except InputError:
        return False


def _recognised(head: str) -> bool:
    text = head.lstrip("\ufeff \t\r\n")
    reply = text.startswith(("{", "[")) and any(mark in text for mark in _REPLY_MARKS)
    return reply or info.is_info(text) or problem_of(text, "") is not None


def read_summary(sources: Sequence[tuple[Path, str]], *, seconds_between: float | None = None) -> WorkloadShape:
    """The shape of the workload these files tell of.

    `seconds_between`: between two outputs of INFO that do not tell it, or the period of CloudWatch replies with a single
    datapoint. Raises InputError.
    """
    if seconds_between is not None and not 0 < seconds_between < math.inf:
        raise InputError("not a time.", source="seconds between", expected="a number of seconds above 0.")
    with unwrap(sources, report=ignore, should_stop=never) as unwrapped:
        texts = _read(unwrapped.members)
    for name, text in texts:
        problem = problem_of(text, name)
        if problem is not None:
            raise problem
    are_info = [info.is_info(text) for _, text in texts]
    if all(are_info):
        infos = [one for name, text in texts for one in info.parse(text, name)]
        return info.shape_of(infos, seconds_between=seconds_between)
    if any(are_info):
        raise InputError("two kinds of summary together.", source=texts[are_info.index(False)][0], expected=EXPECTED)
    return cloudwatch.shape_of(
        [(name, _documents(text, name)) for name, text in texts], seconds_between=seconds_between
    )


def _documents(text: str, name: str) -> list[object]:
    if not text.lstrip("\ufeff \t\r\n").startswith(("{", "[")):
        raise InputError("this is no summary of a workload.", source=name, expected=EXPECTED)
    return documents(text, name)


def _read(members: Iterable[Member]) -> list[tuple[str, str]]:
    texts, left = [], MAX_SUMMARY_BYTES
    for member in members:
        pieces: list[bytes] = []
        for piece in member.blocks():
            left -= len(piece)
            if left < 0:
                raise InputError(
                    f"a summary of more than {MAX_SUMMARY_BYTES >> 20} MiB.",
                    source=member.name,
                    expected="fewer metrics or a shorter time.",
                )
            pieces.append(piece)
        texts.append((member.name, _text(b"".join(pieces))))
    return texts


def _text(data: bytes) -> str:
    """UTF-8, or the UTF-16 that some Windows shells write."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace")
    return data.decode("utf-8-sig", "replace")
