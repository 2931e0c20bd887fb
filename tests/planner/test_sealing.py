"""Secrets at rest open for whom they were sealed for, and for nobody who changed a bit."""

from __future__ import annotations

import base64

import pytest
from django.test import override_settings
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import InputError
from planner.sealing import seal, unseal

PURPOSE = "run 12 password"


@given(st.text(max_size=100))
def test_what_is_sealed_opens_again(text: str) -> None:
    assert unseal(seal(text, purpose=PURPOSE), purpose=PURPOSE) == text


def test_the_same_secret_looks_different_each_time_and_never_like_itself() -> None:
    sealed = {seal("the-password-itself", purpose=PURPOSE) for _ in range(50)}
    assert len(sealed) == 50
    assert not any(b"password" in base64.urlsafe_b64decode(each) for each in sealed)


@given(st.text(max_size=40), st.data())
def test_any_changed_bit_is_noticed(text: str, data: st.DataObject) -> None:
    body = bytearray(base64.urlsafe_b64decode(seal(text, purpose=PURPOSE)))
    bit = data.draw(st.integers(0, 8 * len(body) - 1))
    body[bit // 8] ^= 1 << bit % 8
    with pytest.raises(InputError, match="cannot be opened"):
        unseal(base64.urlsafe_b64encode(body).decode(), purpose=PURPOSE)


def test_another_purpose_or_another_key_does_not_open_it() -> None:
    sealed = seal("secret", purpose=PURPOSE)
    with pytest.raises(InputError, match="cannot be opened"):
        unseal(sealed, purpose="run 13 password")
    with override_settings(SECRET_KEY="another key altogether"), pytest.raises(InputError, match="cannot be opened"):
        unseal(sealed, purpose=PURPOSE)


@pytest.mark.parametrize("text", ["", "AQ==", "not base64!", "ü", "A" * 80, "AQ" * 60])
def test_what_was_never_sealed_does_not_open(text: str) -> None:
    with pytest.raises(InputError, match=r"cannot be opened.*Enter the secret again"):
        unseal(text, purpose=PURPOSE)
