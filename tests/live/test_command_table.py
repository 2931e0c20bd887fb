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


@pytest.mark.parametrize("line", LINES)
def test_keys_are_where_the_server_finds_them(embedded_server: commands_refresh.Server, line: str) -> None:
    name, args = commands.split([word.encode() for word in line.split()])
    assert list(commands.key_values(name, args)) == embedded_server.call("COMMAND", "GETKEYS", *line.split())


def test_the_table_agrees_with_the_embedded_engine(embedded_engine: Engine) -> None:
    committed = json.loads(commands.TABLE.read_text())
    asked = commands_refresh.ask(embedded_engine.path)
    assert asked["engine"] in committed["engines"], "run python -m engine.commands_refresh"
    assert {name: committed["commands"].get(name) for name in asked["commands"]} == asked["commands"]


@pytest.fixture(scope="module")
def embedded_server(embedded_engine: Engine) -> Iterator[commands_refresh.Server]:
    with commands_refresh.server(embedded_engine.path) as running:
        yield running
