"""Secrets at rest: sealed with a key derived from the project's secret key, opened only for what they were sealed for.

Encrypt-then-MAC of the standard library's parts: HMAC-SHA256 over a counter makes the key stream, HMAC-SHA256 under a second
key the tag, which also covers the purpose (so a sealed text moved to another row does not open). Every sealing takes a fresh
random nonce; keys are those of one nonce (HKDF with it as salt), so no stream is ever used twice.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets

from django.conf import settings

from engine.errors import InputError

_VERSION = b"\x01"
_NONCE_BYTES = 24
_BLOCK = hashlib.sha256().digest_size
_LABEL = b"headroom sealing 1"


def seal(text: str, *, purpose: str) -> str:
    """The text sealed, as ASCII. `purpose` names what it is for and whose, such as `run 12 password`."""
    nonce = secrets.token_bytes(_NONCE_BYTES)
    stream_key, tag_key = _keys(nonce)
    hidden = _mixed(text.encode(), stream_key)
    body = _VERSION + nonce + hidden
    return base64.urlsafe_b64encode(body + _tag(tag_key, body, purpose)).decode()


def unseal(sealed: str, *, purpose: str) -> str:
    """The text again. Raises InputError when it was changed, sealed for another purpose, or under another secret key."""
    try:
        data = base64.b64decode(sealed.encode("ascii"), altchars=b"-_", validate=True)
    except (UnicodeEncodeError, binascii.Error) as error:
        raise _refused() from error
    body, tag = data[:-_BLOCK], data[-_BLOCK:]
    if len(body) < 1 + _NONCE_BYTES or body[:1] != _VERSION:
        raise _refused()
    stream_key, tag_key = _keys(body[1 : 1 + _NONCE_BYTES])
    if not hmac.compare_digest(tag, _tag(tag_key, body, purpose)):
        raise _refused()
    return _mixed(body[1 + _NONCE_BYTES :], stream_key).decode()


def _keys(nonce: bytes) -> tuple[bytes, bytes]:
    """HKDF-SHA256 (RFC 5869) of the secret key, the nonce as salt: a key for the stream and one for the tag."""
    root = hmac.digest(nonce, settings.SECRET_KEY.encode(), "sha256")
    stream_key = hmac.digest(root, _LABEL + b"\x01", "sha256")
    return stream_key, hmac.digest(root, stream_key + _LABEL + b"\x02", "sha256")


def _mixed(data: bytes, key: bytes) -> bytes:
    """The data with the key stream; doing it twice gives the data again."""
    blocks = -(-len(data) // _BLOCK)
    stream = b"".join(hmac.digest(key, number.to_bytes(8, "big"), "sha256") for number in range(blocks))
    return bytes(one ^ other for one, other in zip(data, stream, strict=False))


def _tag(key: bytes, body: bytes, purpose: str) -> bytes:
    context = purpose.encode()
    return hmac.digest(key, len(context).to_bytes(8, "big") + context + body, "sha256")


def _refused() -> InputError:
    return InputError(
        "the stored secret cannot be opened: it was changed, or the secret key is another one.",
        expected="the secret key it was stored under.",
        remedy="Enter the secret again.",
    )
