"""Two ends that share a token understand each other; nobody else does, and nothing is changed on the way unnoticed."""

from __future__ import annotations

import hashlib
import secrets
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import InputError
from engine.replay.remote import transfer
from engine.replay.remote.channel import PIECE_BYTES, Channel, Gone, Stranger, greet_run, greet_worker
from engine.replay.remote.sealing import Sealer, checked_token

TOKEN = b"t" * 32


def met(run_token: bytes, worker_token: bytes) -> list[Any]:
    """The run's and the worker's end, or the errors they met."""
    ends: list[Any] = [None, None]
    run, worker = _connected()

    def greet(place: int, greeting: Any, sock: socket.socket, token: bytes) -> None:
        try:
            ends[place] = greeting(sock, token)
        except Stranger as error:
            ends[place] = error
            sock.close()

    threads = [
        threading.Thread(target=greet, args=(0, greet_worker, run, run_token)),
        threading.Thread(target=greet, args=(1, greet_run, worker, worker_token)),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return ends


def _connected() -> tuple[socket.socket, socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        near = socket.create_connection(listener.getsockname())
        far, _ = listener.accept()
        return near, far


@pytest.fixture
def ends() -> Iterator[tuple[Channel, Channel]]:
    """Both ends of a connection."""
    run, worker = met(TOKEN, TOKEN)
    yield run, worker
    run.close()
    worker.close()


def test_messages_and_pieces_arrive_in_order(ends: tuple[Channel, Channel]) -> None:
    run, worker = ends
    run.say({"one": 1})
    run.send_piece(b"\0two")
    run.say({"three": [3]})
    heard: list[Any] = []
    while len(heard) < 3:
        heard += worker.hear(5)
    assert heard == [{"one": 1}, b"\0two", {"three": [3]}]
    worker.say({"back": True})
    assert run.hear(5) == [{"back": True}]
    assert run.hear(0) == []


def test_who_has_another_token_is_a_stranger_to_both() -> None:
    run, worker = met(TOKEN, b"u" * 32)
    assert isinstance(run, Stranger)
    assert "it does not know the token" in str(run)
    assert isinstance(worker, Stranger)
    assert "the tokens differ" in str(worker)


def test_what_speaks_something_else_is_a_stranger() -> None:
    near, far = _connected()
    far.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n" + b" " * 100)
    with pytest.raises(Stranger, match="no run of this version"):
        greet_run(near, TOKEN)
    near.close()
    far.close()


def test_who_leaves_is_gone(ends: tuple[Channel, Channel]) -> None:
    run, worker = ends
    worker.close()
    with pytest.raises(Gone, match="closed"):
        run.hear(5)


@given(st.lists(st.binary(max_size=300), min_size=1, max_size=5), st.data())
def test_a_changed_repeated_or_missing_message_is_not_opened(messages: list[bytes], data: st.DataObject) -> None:
    key = secrets.token_bytes(64)
    sealer = Sealer(key)
    sealed = [sealer.seal(each) for each in messages]
    opener = Sealer(key)
    assert [opener.open(each) for each in sealed] == messages
    at = data.draw(st.integers(0, len(sealed[0]) * 8 - 1))
    changed = bytearray(sealed[0])
    changed[at // 8] ^= 1 << at % 8
    assert Sealer(key).open(bytes(changed)) is None
    twice = Sealer(key)
    twice.open(sealed[0])
    assert twice.open(sealed[0]) is None
    for later in sealed[1:]:
        assert Sealer(key).open(later) is None
    assert Sealer(secrets.token_bytes(64)).open(sealed[0]) is None


def test_what_is_sealed_does_not_show_the_message() -> None:
    assert b"password" not in Sealer(b"k" * 64).seal(b"the password is long enough")


@pytest.mark.parametrize(("text", "message"), [("", "there is no token"), ("short\n", "the token is too short")])
def test_a_token_that_can_be_guessed_is_refused(text: str, message: str) -> None:
    with pytest.raises(InputError, match=message) as refused:
        checked_token(text, "here")
    assert "short\n" not in str(refused.value)


@pytest.mark.parametrize("size", [0, 5, PIECE_BYTES, PIECE_BYTES * 2 + 7])
def test_a_file_arrives_whole(tmp_path: Path, ends: tuple[Channel, Channel], size: int) -> None:
    (tmp_path / "there").mkdir()
    source = tmp_path / "index.bin"
    source.write_bytes(secrets.token_bytes(size))
    sending = threading.Thread(target=transfer.send, args=(ends[0], source))
    sending.start()
    receiver = transfer.Receiver(tmp_path / "there", frozenset({"index.bin"}))
    while not receiver.received:
        for frame in ends[1].hear(5):
            if isinstance(frame, bytes):
                receiver.take(frame)
            else:
                receiver.announce(frame["file"])
    sending.join()
    assert (tmp_path / "there" / "index.bin").read_bytes() == source.read_bytes()


@pytest.mark.parametrize(
    ("said", "piece", "message"),
    [
        ({"name": "../etc", "bytes": 1, "sha256": ""}, b"", "nobody asked for"),
        ({"name": "a", "bytes": 1 << 60, "sha256": ""}, b"", "a takes 1.0 EiB|a takes .* of disk are free"),
        ({"name": "a", "bytes": 1, "sha256": ""}, b"xy", "more than it said"),
        ({"name": "a", "bytes": 1, "sha256": hashlib.sha256(b"y").hexdigest()}, b"x", "a is not what was sent"),
    ],
)
def test_a_file_that_is_not_what_it_should_be_is_refused(
    tmp_path: Path, said: dict[str, Any], piece: bytes, message: str
) -> None:
    receiver = transfer.Receiver(tmp_path, frozenset({"a"}))
    with pytest.raises(Gone, match=message):
        receiver.announce(said)
        receiver.take(piece)
    receiver.close()
    assert receiver.received == set()
