"""The committed command table is what the engines themselves say, keys included."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from engine import commands, commands_refresh
from engine.cluster.binaries import Engine

pytestmark = pytest.mark.live

LINES = (
    "GET k",
    "SET k v EX 5",
    "MSET a 1 b 2 c 3",
    "EVAL s 2 a b x",
    "FCALL f 1 a x",
    "XREAD COUNT 2 STREAMS a b 0 0",
    "XREADGROUP GROUP g c COUNT 1 STREAMS a b > >",
    "XGROUP CREATE s g $",
    "XINFO STREAM s",
    "ZUNIONSTORE d 2 a b WEIGHTS 1 2",
    "ZINTERCARD 2 a b LIMIT 1",
    "SINTERSTORE d a b",
    "LMPOP 2 a b LEFT",
    "BLMPOP 0 2 a b LEFT",
    "BLPOP a b 0",
    "BITOP AND d a b",
    "SORT k BY w_* LIMIT 0 1 STORE d",
    "GEORADIUS k 1 2 3 m STORE d",
    "GEOSEARCHSTORE d s FROMMEMBER m BYRADIUS 1 m",
    "OBJECT ENCODING k",
    "MEMORY USAGE k SAMPLES 0",
    "COPY a b REPLACE",
    "LCS a b LEN",
    "MIGRATE h 1 k 0 9",
)

DECIDED_BY_WORDS = ("BITFIELD",)  # without SET or INCRBY it only reads; the table says what it may do at most


@pytest.mark.parametrize("line", LINES)
def test_keys_are_where_the_server_finds_them(embedded_server: commands_refresh.Server, line: str) -> None:
    name, args = commands.split([word.encode() for word in line.split()])
    assert list(commands.key_values(name, args)) == embedded_server.call("COMMAND", "GETKEYS", *line.split())


def _call_of(command: commands.Command, spec: commands.KeySpec, extra: int) -> list[str]:
    """A call of the command that its arity and one key specification allow, `extra` words longer than the shortest.

    Counted keys are two; a word that announces keys stands where its search begins; every other word is `wN`.
    """
    length = max(abs(command.arity), command.words + 1) + (extra if command.arity < 0 else 0)
    words = [*command.name.lower().split(), *(f"w{at}" for at in range(command.words, length))]
    if spec.keyword and spec.start > 0:
        after = (f"k{at}" for at in range(max(2, len(words) - spec.start - 1)))
        words[spec.start :] = [spec.keyword, *after]
    counted = next((one for one in command.key_specs if one.count_at is not None and not one.keyword), None)
    if counted is not None:
        place = counted.index + (counted.count_at or 0)
        words += [f"w{at}" for at in range(len(words), place + 4)]
        words[place] = "2"
    return words


def _has_keys(name: str) -> bool:
    command = commands.find(name)
    return command is not None and any(spec.is_key for spec in command.key_specs)


def _calls() -> Iterator[list[str]]:
    for name in commands.names():
        command = commands.find(name)
        for spec in command.key_specs if command is not None else ():
            yield from (_call_of(command, spec, extra) for extra in range(5) if command is not None)


def test_the_keys_of_every_command_are_where_the_server_finds_them(embedded_server: commands_refresh.Server) -> None:
    answered, wrong = set(), []
    for words in _calls():
        reply = embedded_server.call("COMMAND", "GETKEYS", *words)
        if isinstance(reply, list):
            name, args = commands.split([word.encode() for word in words])
            answered.add(name)
            if list(commands.key_values(name, args)) != reply:
                wrong.append((" ".join(words), reply))
    assert wrong == []
    assert {name for name in commands.names() if _has_keys(name)} == answered


def test_reading_and_writing_are_what_the_server_says(embedded_server: commands_refresh.Server) -> None:
    for words in _calls():
        reply = embedded_server.call("COMMAND", "GETKEYSANDFLAGS", *words)
        name, args = commands.split([word.encode() for word in words])
        if isinstance(reply, list) and name not in DECIDED_BY_WORDS:
            said = [(b"access" in flags, bool({b"insert", b"delete", b"update"} & set(flags))) for _, flags in reply]
            assert [(reads, writes) for _, reads, writes in commands.key_uses(name, args)] == said, words


def test_the_table_agrees_with_the_embedded_engine(embedded_engine: Engine) -> None:
    committed = json.loads(commands.TABLE.read_text())
    asked = commands_refresh.ask(embedded_engine.path)
    assert asked["engine"] in committed["engines"], "run python -m engine.commands_refresh"
    assert {name: committed["commands"].get(name) for name in asked["commands"]} == asked["commands"]


@pytest.fixture(scope="module")
def embedded_server(embedded_engine: Engine) -> Iterator[commands_refresh.Server]:
    with commands_refresh.server(embedded_engine.path) as running:
        yield running
