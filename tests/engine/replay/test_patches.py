"""Unix times in a payload: whatever their number, each is moved by the shift and nothing else is touched."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from engine.replay.patches import PatchWriter, apply, read_patches

TIMES = st.lists(
    st.one_of(
        st.tuples(st.integers(10**9, 2 * 10**9), st.just(1000), st.just(10)),
        st.tuples(st.integers(10**12, 2 * 10**12), st.just(1), st.just(13)),
    ),
    max_size=20,
)


def test_seconds_and_milliseconds_move_by_the_same_time(tmp_path: Path) -> None:
    payload, patches = tmp_path / "payload", tmp_path / "patches"
    payload.write_bytes(b"EX 1700000000 PX 1700000000000 end")
    writer = PatchWriter(patches)
    writer.append(start=3, value=1_700_000_000, unit_ms=1000, digits=10)
    writer.append(start=17, value=1_700_000_000_000, unit_ms=1, digits=13)
    writer.flush()
    apply(payload, patches, 5_250)
    assert payload.read_bytes() == b"EX 1700000005 PX 1700000005250 end"
    apply(payload, patches, 0)
    assert payload.read_bytes() == b"EX 1700000000 PX 1700000000000 end"


def test_a_plan_without_patches_is_left_alone(tmp_path: Path) -> None:
    payload = tmp_path / "payload"
    payload.write_bytes(b"")
    apply(payload, tmp_path / "none", 1)
    PatchWriter(tmp_path / "empty")
    apply(payload, tmp_path / "empty", 1)
    assert payload.read_bytes() == b""


@given(times=TIMES, shift_ms=st.integers(-(10**9), 10**9))
def test_every_time_is_what_its_own_digits_say(
    tmp_path_factory: object, times: list[tuple[int, int, int]], shift_ms: int
) -> None:
    folder = Path(tmp_path_factory.mktemp("patches"))  # type: ignore[attr-defined]
    writer, text, wanted = PatchWriter(folder / "patches"), b"", b""
    for value, unit_ms, digits in times:
        writer.append(start=len(text) + 1, value=value, unit_ms=unit_ms, digits=digits)
        text += b"<%d>" % value
        wanted += b"<" + (b"%0*d" % (digits, value + shift_ms // unit_ms))[-digits:] + b">"
    writer.flush()
    (folder / "payload").write_bytes(text)
    apply(folder / "payload", folder / "patches", shift_ms)
    assert (folder / "payload").read_bytes() == wanted


def test_many_are_read_in_blocks(tmp_path: Path) -> None:
    writer = PatchWriter(tmp_path / "patches")
    for number in range(70_000):
        writer.append(start=number, value=1, unit_ms=1, digits=1)
    writer.flush()
    blocks = list(read_patches(tmp_path / "patches"))
    assert [len(block) for block in blocks] == [65_536, 4_464]
    assert np.array_equal(np.concatenate([block["start"] for block in blocks]), np.arange(70_000))
