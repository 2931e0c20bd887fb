"""Real captures, and conversations of which every byte is known, read to the commands, replies and losses they hold."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import dpkt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import InputError
from engine.traces.block import UNKNOWN
from engine.traces.capture import connections, window
from engine.traces.capture.connection import DAMAGED, HOLE, LINK, REDIRECTED
from engine.traces.capture.connections import ENCRYPTED, LET_GO
from engine.traces.formats.pcap import FORMAT, TIMELESS
from tests.engine.traces.capture.conversing import (
    ACK,
    SYN,
    T0_US,
    Conversation,
    Read,
    Sent,
    bulk,
    pcap,
    raw_pcap,
    read,
    request,
)
from tests.fuzz.harness import read_all

DATA = Path(__file__).parents[3] / "data" / "pcap"
GET, SET = request(b"GET", b"k"), request(b"SET", b"k", b"v")


def _read(conversation: Conversation) -> Read:
    return read(pcap(conversation.packets))


def _decoded() -> Iterator[tuple[list[bytes], str]]:
    """Command, key and value, and the reply, as another decoder found them in django-cloud.pcap."""
    for line in (DATA / "django-cloud.redis.log").read_text().splitlines():
        if not line.startswith("#"):
            *_, command, key, value, _, reply = line.split("\t")
            yield [word.encode() for word in (command, key, value) if word != "-"], reply


def _server_bytes(name: str, port: int) -> int:
    """Bytes of TCP payload a server sent in a capture without repeated packets, as dpkt's own reader finds them."""
    with (DATA / name).open("rb") as file:
        frames = [dpkt.ethernet.Ethernet(data) for _, data in dpkt.pcap.UniversalReader(file)]
    return sum(len(frame.data.data.data) for frame in frames if frame.data.data.sport == port)


def test_a_real_capture_gives_the_commands_another_decoder_found_in_it() -> None:
    found = read((DATA / "django-cloud.pcap").read_bytes())
    expected = list(_decoded())
    assert len(expected) == 158
    assert [words[:3] for words in found.words] == [words for words, _ in expected]
    # The other decoder puts replies two commands late from its 54th on, so only those before can be compared with it.
    stored = [
        (length, reply) for length, (_, reply) in zip(found.replies, expected[:53], strict=False) if reply == "OK"
    ]
    assert stored == [(len(b"+OK\r\n"), "OK")] * 50
    assert found.about.clients == [b"192.168.1.4:50044"]
    assert set(found.db) == {0}


def test_replies_of_a_whole_capture_add_up_to_what_the_server_sent() -> None:
    found = read((DATA / "django-cloud.pcap").read_bytes())
    assert sum(found.replies) == _server_bytes("django-cloud.pcap", 10_625)
    assert found.about.skipped == {}
    assert found.about.notes == ()


def test_replies_of_the_real_capture_are_as_long_as_on_the_wire() -> None:
    found = read((DATA / "django-cloud.pcap").read_bytes())
    assert found.words[0] == [b"GET", b":1:factorial_3"]
    assert found.replies[:4] == [len(b"$1\r\n6\r\n"), len(b"$1\r\n6\r\n"), len(b"$-1\r\n"), len(b"+OK\r\n")]


def test_a_message_to_a_subscriber_is_no_reply() -> None:
    found = read((DATA / "pubsub.pcap").read_bytes())
    assert found.words == [[b"SUBSCRIBE", b"my_channel"], [b"PUBLISH", b"my_channel", b"hello :)"]]
    assert found.replies == [len(b"*3\r\n$9\r\nsubscribe\r\n$10\r\nmy_channel\r\n:1\r\n"), len(b":1\r\n")]
    assert found.about.clients == [b"127.0.0.1:56162", b"127.0.0.1:56163"]


def test_nested_replies_of_a_real_capture() -> None:
    found = read((DATA / "stream.pcap").read_bytes())
    assert [words[0] for words in found.words] == [b"XADD", b"XADD", b"XADD", b"XRANGE"]
    assert found.replies[:3] == [len(bulk(b"1729622832637-0"))] * 3


def test_an_encrypted_capture_is_refused_by_name() -> None:
    with pytest.raises(InputError, match=re.escape("encrypted (TLS)")) as refused:
        read((DATA / "tls.pcap").read_bytes())
    assert "python -m engine record" in refused.value.remedy


def test_captures_are_recognised_by_their_first_bytes() -> None:
    for name in ("django-cloud", "pubsub", "stream", "tls"):
        assert FORMAT.recognised((DATA / f"{name}.pcap").read_bytes())
    assert FORMAT.recognised(pcap([]))
    assert not FORMAT.recognised(b"REDIS0011")
    assert not FORMAT.recognised(b"")


def test_pipelined_commands_get_their_own_replies_at_the_time_of_their_packets() -> None:
    talk = Conversation().client(SET + GET, GET[:9], GET[9:]).server(b"+OK\r\n$1\r\nv\r\n", b"$1\r\nv\r\n")
    found = _read(talk)
    assert [words[0] for words in found.words] == [b"SET", b"GET", b"GET"]
    assert found.replies == [5, 7, 7]
    assert found.at_us == [4_000, 4_000, 6_000]
    assert found.about.notes == ()


def test_a_transaction_counts_queued_to_each_command_and_the_array_to_exec() -> None:
    talk = Conversation().client(request(b"MULTI"), SET, request(b"EXEC"))
    found = _read(talk.server(b"+OK\r\n", b"+QUEUED\r\n", b"*1\r\n+OK\r\n"))
    assert found.replies == [5, 9, 9]


def test_a_blocking_command_stands_where_it_was_sent_and_gets_its_late_reply() -> None:
    waiting = Conversation(port=50_001).client(request(b"BLPOP", b"q", b"0"))
    other = Conversation(port=50_002, now_us=10_000).client(request(b"LPUSH", b"q", b"x")).server(b":1\r\n")
    waiting.now_us = 20_000
    waiting.server(b"*2\r\n$1\r\nq\r\n$1\r\nx\r\n")
    found = read(pcap(sorted(waiting.packets + other.packets, key=lambda packet: packet.at_us)))
    assert [words[0] for words in found.words] == [b"BLPOP", b"LPUSH"]
    assert found.replies == [18, 4]
    assert found.conn == [0, 1]


def test_several_subscriptions_sum_up_and_messages_between_do_not_count() -> None:
    confirmed = [
        b"*3\r\n$9\r\nsubscribe\r\n$1\r\n%s\r\n:%d\r\n" % (name, count) for count, name in enumerate([b"a", b"b"], 1)
    ]
    message = b"*3\r\n$7\r\nmessage\r\n$1\r\na\r\n$2\r\nhi\r\n"
    gone = b"*3\r\n$11\r\nunsubscribe\r\n$1\r\na\r\n:1\r\n"
    talk = Conversation().client(request(b"SUBSCRIBE", b"a", b"b")).server(confirmed[0], message, confirmed[1], message)
    talk.client(request(b"PING")).server(message, b"*2\r\n$4\r\npong\r\n$0\r\n\r\n")
    talk.client(request(b"UNSUBSCRIBE")).server(gone, gone).client(GET).server(b"$1\r\nv\r\n")
    found = _read(talk)
    assert found.replies == [sum(map(len, confirmed)), 20, 2 * len(gone), 7]


def test_pushes_of_resp3_are_no_replies() -> None:
    talk = Conversation().client(request(b"HELLO", b"3")).server(b"%1\r\n+proto\r\n:3\r\n")
    talk.client(request(b"SUBSCRIBE", b"a")).server(b">3\r\n+subscribe\r\n+a\r\n:1\r\n")
    talk.client(GET).server(b">3\r\n+message\r\n+a\r\n+hi\r\n", b">2\r\n+invalidate\r\n*1\r\n+k\r\n" + b"_\r\n")
    assert _read(talk).replies == [16, 24, 3]


def test_a_list_that_looks_like_a_message_is_a_reply() -> None:
    reply = b"*3\r\n$7\r\nmessage\r\n$1\r\na\r\n$1\r\nb\r\n"
    talk = Conversation().client(request(b"LRANGE", b"k", b"0", b"-1")).server(reply).client(GET).server(b"$-1\r\n")
    assert _read(talk).replies == [len(reply), 5]


def test_lines_of_monitor_are_no_replies() -> None:
    line = b'+1700000000.000001 [0 10.0.0.1:5] "GET" "k"\r\n'
    talk = Conversation().client(request(b"MONITOR")).server(b"+OK\r\n", line, line)
    talk.client(request(b"PING")).server(line + b"+PONG\r\n")
    assert _read(talk).replies == [5, 7]


def test_commands_a_client_wants_no_reply_to_have_one_of_no_bytes() -> None:
    skip, off, on = (request(b"CLIENT", b"REPLY", mode) for mode in (b"SKIP", b"OFF", b"ON"))
    talk = Conversation().client(skip, SET, GET).server(b"$1\r\nv\r\n").client(off, SET, on).server(b"+OK\r\n")
    assert _read(talk).replies == [0, 0, 7, 0, 0, 5]


def test_the_database_follows_select_and_goes_back_when_it_is_refused() -> None:
    talk = Conversation().client(request(b"SELECT", b"3") + GET).server(b"+OK\r\n$-1\r\n")
    talk.client(request(b"SELECT", b"99") + GET).server(b"-ERR DB index is out of range\r\n$-1\r\n")
    talk.client(GET).server(b"$-1\r\n").client(request(b"RESET"), GET).server(b"+RESET\r\n$-1\r\n")
    assert _read(talk).db == [3, 3, 3, 3, 3, 0, 0]


def test_passwords_are_never_handed_on() -> None:
    talk = Conversation().client(
        request(b"AUTH", b"me", b"pw"),
        request(b"HELLO", b"3", b"AUTH", b"me", b"pw", b"SETNAME", b"app"),
        request(b"CONFIG", b"SET", b"requirepass", b"pw"),
        request(b"ACL", b"SETUSER", b"me", b"on", b">pw", b"~*"),
        request(b"MIGRATE", b"h", b"1", b"", b"0", b"9", b"AUTH2", b"me", b"pw", b"KEYS", b"k"),
    )
    found = _read(talk)
    assert b"pw" not in b" ".join(word for words in found.words for word in words)
    assert found.words[1] == [b"HELLO", b"3", b"AUTH", b"(redacted)", b"(redacted)", b"SETNAME", b"app"]
    assert found.words[3] == [b"ACL", b"SETUSER", b"me", b"on", b"(redacted)", b"~*"]
    assert found.words[4][-2:] == [b"KEYS", b"k"]


def test_commands_the_cluster_sent_elsewhere_are_left_out_and_counted() -> None:
    talk = Conversation().client(GET, SET).server(b"-MOVED 3999 10.0.0.9:6379\r\n", b"+OK\r\n")
    found = _read(talk)
    assert [words[0] for words in found.words] == [b"SET"]
    assert found.about.skipped == {REDIRECTED: 1}


def test_a_replicas_link_is_not_a_client() -> None:
    link = (
        Conversation(port=50_001).client(request(b"PING"), request(b"REPLCONF", b"capa", b"eof")).server(b"+PONG\r\n")
    )
    link.server(request(b"SET", b"a", b"b"))
    client = Conversation(port=50_002).client(GET).server(b"$-1\r\n")
    found = read(pcap(link.packets + client.packets))
    assert [words[0] for words in found.words] == [b"PING", b"GET"]
    assert found.about.skipped[LINK] == 1


def test_a_connection_captured_from_its_middle_is_told_by_its_commands() -> None:
    talk = Conversation(handshake=False).server(b"lf of a reply\r\n").client(GET).server(b"$1\r\nv\r\n").client(GET)
    found = _read(talk.server(b"$-1\r\n"))
    assert found.replies == [7, 5]
    assert found.about.clients == [b"10.0.0.1:50000"]


def test_inline_commands_are_read_and_web_requests_are_not() -> None:
    inline = Conversation(port=50_001).client(b"set k v\r\n").server(b"+OK\r\n")
    web = Conversation(port=50_002).client(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").server(b"HTTP/1.1 200 OK\r\n\r\n")
    found = read(pcap(inline.packets + web.packets))
    assert found.words == [[b"set", b"k", b"v"]]
    assert found.replies == [5]


def test_the_same_two_ends_may_connect_again() -> None:
    first = Conversation().client(GET).server(b"$-1\r\n")
    again = [
        Sent(p.at_us + 50_000, p.from_client, p.seq + 5_000, p.ack + 5_000 if p.ack else 0, p.flags, p.data)
        for p in first.packets
    ]
    found = read(pcap(first.packets + again))
    assert found.conn == [0, 1]
    assert found.about.clients == [b"10.0.0.1:50000"] * 2


def test_a_lost_request_packet_is_a_hole_and_matching_goes_on_after_it() -> None:
    talk = Conversation()
    for number in range(200):
        talk.client(request(b"GET", b"k%03d" % number)).server(bulk(b"v" * number))
    requests = [packet for packet in talk.packets if packet.data.startswith(b"*")]
    found = read(pcap(packet for packet in talk.packets if packet is not requests[50]))
    assert [words[1] for words in found.words] == [b"k%03d" % number for number in range(200) if number != 50]
    assert found.about.skipped == {HOLE: 1}
    known = [(words[1], length) for words, length in zip(found.words, found.replies, strict=True) if length != UNKNOWN]
    assert all(length == len(bulk(b"v" * int(key[1:]))) for key, length in known)
    assert len(known) > 150


def test_a_packet_cut_short_by_the_capture_keeps_the_reply_length() -> None:
    talk = Conversation().client(GET).server(bulk(b"v" * 1_000)).client(request(b"SET", b"k", b"v" * 500), GET)
    talk.server(b"+OK\r\n", b"$-1\r\n")
    data = _cut_short(talk, kept=120)
    found = read(data)
    assert [words[0] for words in found.words] == [b"GET", b"GET"]
    assert found.replies == [len(bulk(b"v" * 1_000)), 5]
    assert found.about.skipped[DAMAGED] == 1


def _cut_short(talk: Conversation, kept: int) -> bytes:
    frames = [(packet.at_us, packet.ethernet()) for packet in talk.packets]
    return raw_pcap([(at, frame[:kept], len(frame)) for at, frame in frames], link=1)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 6), st.integers(1, 90))
def test_shuffled_repeated_and_overlapping_packets_give_the_same_recording(seed: int, depth: int, size: int) -> None:
    chance = random.Random(seed)
    talk, expected, replies = _chat(chance, depth=depth, size=size)
    packets = talk.packets[:3] + _disturbed(talk.packets[3:], chance)
    found = read(pcap(packets), piece=chance.choice([37, 1 << 20]))
    assert found.words == expected
    assert found.replies == replies
    assert found.about.skipped == {}


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 6), st.integers(5, 90))
def test_lost_packets_cost_only_commands_that_are_counted_as_lost(seed: int, depth: int, size: int) -> None:
    chance = random.Random(seed)
    talk, expected, replies = _chat(chance, depth=depth, size=size)
    body = talk.packets[3:]
    lost = set(chance.sample(range(len(body)), k=chance.randint(0, max(1, len(body) // 8))))
    data = pcap(talk.packets[:3] + [packet for at, packet in enumerate(body) if at not in lost])
    if read_all(FORMAT, data).about is None:
        return  # nothing is left of so short a talk
    found = read(data)
    assert _within(found.words, expected)
    assert found.words == expected[: len(found.words)] or found.about.skipped
    lengths = {words[1]: length for words, length in zip(expected, replies, strict=True)}
    known = [(length, lengths[words[1]]) for words, length in zip(found.words, found.replies, strict=True)]
    assert all(length in (UNKNOWN, expected) for length, expected in known)


def _within(part: list[list[bytes]], whole: list[list[bytes]]) -> bool:
    """Whether the commands stand in the whole in this order."""
    rest = iter(whole)
    return all(words in rest for words in part)


def _chat(chance: random.Random, *, depth: int, size: int) -> tuple[Conversation, list[list[bytes]], list[int]]:
    """A talk of pipelines, cut into packets of `size` bytes."""
    talk, commands, lengths = Conversation(every_us=10), list[list[bytes]](), list[int]()
    for number in range(chance.randint(1, 8)):
        batch = [[b"SET", b"k%d-%d" % (number, at), chance.randbytes(chance.randrange(120))] for at in range(depth)]
        answers = [chance.choice([b"+OK\r\n", b"_\r\n", bulk(chance.randbytes(chance.randrange(150)))]) for _ in batch]
        commands += batch
        lengths += map(len, answers)
        talk.client(*_parts(b"".join(request(*words) for words in batch), size))
        talk.server(*_parts(b"".join(answers), size))
    return talk, commands, lengths


def _parts(data: bytes, size: int) -> list[bytes]:
    return [data[at : at + size] for at in range(0, len(data), size)]


def _disturbed(packets: list[Sent], chance: random.Random) -> list[Sent]:
    """Packets repeated, joined with what follows them, and out of order by a few places within one direction's run."""
    out: list[Sent] = []
    run: list[Sent] = []
    for packet in [*packets, None]:
        if run and (packet is None or packet.from_client != run[0].from_client):
            out += _shuffled(run, chance)
            run = []
        if packet is not None:
            run.append(packet)
    return out


def _shuffled(run: list[Sent], chance: random.Random) -> list[Sent]:
    extra = [chance.choice(run) for _ in range(chance.randrange(3))]
    joined = [
        Sent(one.at_us, one.from_client, one.seq, one.ack, one.flags, one.data + two.data)
        for one, two in pairwise(run)
        if chance.random() < 0.2
    ]
    mixed = run + extra + joined
    order = [(at + chance.uniform(0, 6), packet) for at, packet in enumerate(mixed)]
    return [packet for _, packet in sorted(order, key=lambda pair: pair[0])]


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=300), st.sampled_from([b"\xd4\xc3\xb2\xa1", b"\xa1\xb2\x3c\x4d", b"\x0a\x0d\x0d\x0a", b""]))
def test_arbitrary_bytes_raise_nothing_but_the_readers_own_error(data: bytes, magic: bytes) -> None:
    assert read_all(FORMAT, magic + data).error is not None


def test_a_capture_of_something_else_says_so() -> None:
    web = Conversation().client(b"GET / HTTP/1.1\r\n\r\n").server(b"HTTP/1.1 200 OK\r\n\r\n")
    with pytest.raises(InputError, match="no connection in this capture speaks the Redis protocol"):
        _read(web)
    with pytest.raises(InputError, match="the capture has no packets"):
        read(pcap([]))


def test_encrypted_connections_beside_others_are_counted() -> None:
    hidden = Conversation(port=50_001).client(b"\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00")
    plain = Conversation(port=50_002).client(GET).server(b"$-1\r\n")
    found = read(pcap(hidden.packets + plain.packets))
    assert found.replies == [5]
    assert found.about.skipped == {ENCRYPTED: 1}


def test_no_more_connections_are_followed_than_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "MAX_OPEN_CONNECTIONS", 10)
    flood = [Sent(number, True, 1, 0, SYN, b"", port=1_000 + number) for number in range(50)]
    last = Conversation(port=60_000, now_us=100).client(GET).server(b"$-1\r\n")
    found = read(pcap(flood + last.packets))
    assert found.replies == [5]
    assert found.about.skipped == {LET_GO: 41}


def test_unfinished_commands_of_many_connections_do_not_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "MAX_CONNECTION_BYTES", 100_000)
    packets: list[Sent] = []
    for port in range(50_000, 50_050):
        talk = Conversation(port=port).client(b"*2\r\n$3\r\nGET\r\n$9000\r\n", b"x" * 8_000)
        packets += talk.packets
    last = Conversation(port=60_000).client(GET).server(b"$-1\r\n")
    found = read(pcap(packets + last.packets))
    assert found.words == [[b"GET", b"k"]]
    assert found.about.skipped[LET_GO] > 20


def test_a_window_full_of_commands_is_handed_on_in_order_of_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(window, "WINDOW_COMMANDS", 8)
    talks = [Conversation(port=port, every_us=7) for port in (50_001, 50_002, 50_003)]
    for number in range(20):
        for talk in talks:
            talk.client(request(b"GET", b"%d" % number)).server(b"$-1\r\n")
    packets = sorted((packet for talk in talks for packet in talk.packets), key=lambda packet: packet.at_us)
    found = read(pcap(packets))
    assert len(found.words) == 60
    assert found.at_us == sorted(found.at_us)
    assert found.replies == [5] * 60


def test_a_packet_of_an_impossible_time_is_left_out_and_counted() -> None:
    talk = Conversation().client(GET).server(b"$-1\r\n")
    late = 4_200_000_000_000_000 - T0_US  # in the year 2103
    found = read(pcap([*talk.packets, Sent(late, True, 1, 0, ACK, GET)]))
    assert found.words == [[b"GET", b"k"]]
    assert found.about.skipped == {TIMELESS: 1}


def test_requests_without_any_reply_in_the_capture_have_unknown_ones() -> None:
    talk = Conversation().client(GET).server(b"$-1\r\n").client(GET)
    only_client = [packet for packet in talk.packets if packet.from_client]
    found = read(pcap(only_client))
    assert found.replies == [UNKNOWN, UNKNOWN]
    assert found.about.notes == (
        "Reply sizes are recorded for 0.0% of the commands; the capture does not show the other replies as a whole.",
    )
