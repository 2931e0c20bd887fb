"""What two ends that share a token say, unreadable and unchangeable to anybody between them.

Both prove that they know the token without sending it (an HMAC over fresh random numbers of both), and derive a key for each
direction from it. Each message is covered by a SHAKE-256 stream and then signed, with a counter, so that none can be read,
changed, repeated or left out. Whoever learns the token later can read what was recorded of the traffic: use one token a run.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass

import numpy as np

from engine.errors import InputError

NONCE_BYTES = 32
TAG_BYTES = 32
SHORTEST_TOKEN = 32
_KEY_BYTES = 64  # half of it hides, half of it signs


@dataclass(frozen=True, slots=True)
class Secrets:
    """What one connection's two ends derive from the token and the random numbers of both."""

    token: bytes
    run_nonce: bytes
    worker_nonce: bytes

    def proof(self, who: bytes) -> bytes:
        """Shows that `who` knows the token."""
        return self._derived(b"proof of " + who, TAG_BYTES)

    def key(self, direction: bytes) -> bytes:
        """The key of what is said in one direction."""
        return self._derived(b"key of " + direction, _KEY_BYTES)

    def _derived(self, purpose: bytes, size: int) -> bytes:
        material = purpose + b"\0" + self.run_nonce + self.worker_nonce
        return hmac.digest(self.token, material, "sha512")[:size]


def nonce() -> bytes:
    """A number nobody has used."""
    return secrets.token_bytes(NONCE_BYTES)


def is_same(one: bytes, other: bytes) -> bool:
    """Compared in a time that does not tell where they differ."""
    return hmac.compare_digest(one, other)


def checked_token(text: str, source: str) -> bytes:
    """A token as bytes. Raises InputError when it could be guessed."""
    token = text.strip()
    if len(token) < SHORTEST_TOKEN:
        raise InputError(
            "the token is too short." if token else "there is no token.",
            source=source,
            expected=f"at least {SHORTEST_TOKEN} characters, the same for the run and its workers.",
            remedy="Make one with: python -c 'import secrets; print(secrets.token_hex(32))'",
        )
    return token.encode()


class Sealer:
    """Seals the messages of one direction, in order."""

    def __init__(self, key: bytes) -> None:
        self._hiding, self._signing = key[:TAG_BYTES], key[TAG_BYTES:]
        self._count = 0

    def seal(self, message: bytes) -> bytes:
        """The message as it travels."""
        place = self._next()
        hidden = _covered(message, self._hiding + place)
        return hmac.digest(self._signing, place + hidden, "sha256") + hidden

    def open(self, sealed: bytes) -> bytes | None:
        """The message of what has come; None when it is not the next one of this direction."""
        place = self._next()
        tag, hidden = sealed[:TAG_BYTES], sealed[TAG_BYTES:]
        if not is_same(tag, hmac.digest(self._signing, place + hidden, "sha256")):
            return None
        return _covered(hidden, self._hiding + place)

    def _next(self) -> bytes:
        self._count += 1
        return self._count.to_bytes(8, "big")


def _covered(data: bytes, key: bytes) -> bytes:
    stream = hashlib.shake_256(key).digest(len(data))
    return np.bitwise_xor(np.frombuffer(data, dtype=np.uint8), np.frombuffer(stream, dtype=np.uint8)).tobytes()
