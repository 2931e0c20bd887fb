"""What allocators hand out, against sizes one can look up in their documentation."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.memory.allocators import JEMALLOC, JEMALLOC_8, LIBC, usable


@pytest.mark.parametrize(("asked", "given_out"), [(1, 24), (24, 24), (25, 40), (64, 72), (96, 104), (0, 0)])
def test_libc_gives_chunks_of_sixteen_less_its_header(asked: int, given_out: int) -> None:
    assert usable(asked, LIBC) == given_out


@pytest.mark.parametrize(
    ("asked", "given_out"), [(8, 8), (9, 16), (33, 48), (128, 128), (129, 160), (257, 320), (1025, 1280), (4097, 5120)]
)
def test_jemalloc_gives_its_size_classes(asked: int, given_out: int) -> None:
    assert usable(asked, "jemalloc-5.3.0") == given_out


def test_the_engines_own_jemalloc_has_a_finer_step() -> None:
    assert (usable(33, JEMALLOC_8), usable(33, JEMALLOC)) == (40, 48)


@given(st.integers(1, 1 << 40), st.sampled_from([LIBC, JEMALLOC, JEMALLOC_8, "tcmalloc"]))
def test_nobody_gets_less_than_asked_for_and_powers_of_two_fit_jemalloc(size: int, allocator: str) -> None:
    assert usable(size, allocator) >= size
    power = 1 << max(size.bit_length(), 4)
    assert usable(power, JEMALLOC) == power
