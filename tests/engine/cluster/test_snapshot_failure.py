"""Why a snapshot was not loaded: the words of real engines, and how they ended."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.cluster.snapshot_failure import Cause, Reason, cause_of

ABORT, KILL, FILE_SIZE, CPU = -6, -9, -25, -24


@pytest.mark.parametrize(
    ("status", "log", "cause"),
    [
        (1, "# Can't handle RDB format version 99", Cause(Reason.VERSION, "99")),
        (1, "# Wrong signature trying to load DB from file", Cause(Reason.VERSION)),
        (
            1,
            "contains module data I can't load: no matching module type 'ReJSON-RL'",
            Cause(Reason.MODULE, "ReJSON-RL"),
        ),
        (1, "contains AUX module data I can't load: no matching module 'test__rdb'", Cause(Reason.MODULE, "test__rdb")),
        (1, "# Wrong RDB checksum expected: (a6) but got (b4). Aborting now.", Cause(Reason.CHECKSUM)),
        (1, "# Short read or OOM loading DB. Unrecoverable error, aborting now.", Cause(Reason.TRUNCATED)),
        (1, "function at rdb.c:3225 -> Unexpected EOF reading RDB file", Cause(Reason.TRUNCATED)),
        (1, "rdbGenericLoadStringObject failed allocating 35184372088832 bytes", Cause(Reason.MEMORY)),
        (ABORT, "# Out Of Memory allocating 1048576 bytes!", Cause(Reason.MEMORY)),
        (KILL, "", Cause(Reason.MEMORY)),
        (FILE_SIZE, "", Cause(Reason.OUTPUT)),
        (CPU, "", Cause(Reason.SLOW)),
        (
            ABORT,
            "# Guru Meditation: Duplicated key found in RDB file #rdb.c:3184",
            Cause(Reason.ABORTED, "Duplicated key found in RDB file"),
        ),
        (-11, "no word of why", Cause(Reason.ABORTED)),
        (
            1,
            "# Internal error in RDB reading offset 7, function at rdb.c:1 -> Unknown RDB encoding type 230",
            Cause(Reason.CORRUPT, "Unknown RDB encoding type 230"),
        ),
        (1, "", Cause(Reason.CORRUPT)),
    ],
)
def test_what_engines_say_is_understood(status: int, log: str, cause: Cause) -> None:
    assert cause_of(status, log) == cause


def test_words_that_quote_the_snapshot_are_not_passed_on() -> None:
    log = "# Internal error in RDB reading offset 7, function at rdb.c:1 -> Hash 'secret' is broken"
    assert cause_of(1, log) == Cause(Reason.CORRUPT)


@given(st.integers(-64, 255), st.text())
@settings(max_examples=100, deadline=None)
def test_any_ending_has_a_cause_that_can_be_shown(status: int, log: str) -> None:
    assert cause_of(status, log).detail.isprintable()
