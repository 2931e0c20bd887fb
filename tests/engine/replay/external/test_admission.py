"""What may be sent to somebody else's cluster: commands that name their keys, and nothing else in the engines' whole table."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from engine import commands
from engine.replay import resp
from engine.replay.external import admission
from engine.replay.external.admission import admitted, is_safe, under, why_refused
from engine.replay.external.audit import Unsafe, require_safe
from engine.replay.external.keys import parse_prefix
from engine.replay.plan import PlanFiles
from engine.traces.model import Flag, Operation

PREFIX = parse_prefix("headroom:")
NO_FLAG = Flag(0)
FORBIDDEN = (
    "FLUSHALL", "FLUSHDB", "KEYS *", "CONFIG SET maxmemory 1", "CONFIG GET *", "CONFIG RESETSTAT", "DEBUG SLEEP 1",
    "SHUTDOWN", "SHUTDOWN NOSAVE", "SAVE", "BGSAVE", "BGREWRITEAOF", "REPLICAOF a 1", "SLAVEOF a 1", "PSYNC ? -1", "SYNC",
    "MONITOR", "CLIENT KILL a", "CLIENT PAUSE 1", "ACL SETUSER a", "CLUSTER RESET", "CLUSTER FAILOVER", "FAILOVER",
    "MODULE LOAD a", "SWAPDB 0 1", "MIGRATE a 1 k 0 1", "SORT k BY a*", "RESTORE k 0 x", "SELECT 1", "MOVE k 1",
    "COPY a b DB 1", "SCAN 0", "RANDOMKEY", "DBSIZE", "EVAL x 1 k", "EVALSHA x 1 k", "FCALL f 1 k", "FUNCTION LOAD x",
    "FUNCTION FLUSH", "SCRIPT FLUSH", "SCRIPT KILL", "PUBLISH c m", "SUBSCRIBE c", "WAIT 1 0", "LATENCY RESET", "RESET",
    "SLOWLOG RESET", "PFDEBUG GETREG k", "PFSELFTEST", "HELLO 3", "AUTH x", "QUIT", "NOSUCHCOMMAND k",
)  # fmt: skip


def words(text: str) -> list[bytes]:
    return [word.encode() for word in text.split()]


@pytest.mark.parametrize("text", FORBIDDEN)
def test_what_is_dangerous_is_refused(text: str) -> None:
    cmd, args = commands.split(words(text))
    assert why_refused(cmd, args) is not None
    assert not is_safe(words(text), PREFIX)
    assert not is_safe(words(text.lower()), PREFIX)


def test_of_the_whole_table_only_commands_on_named_keys_are_left() -> None:
    left = [name for name in commands.names() if why_refused(name, None) is None]
    assert len(left) > 150
    for name in left:
        command = commands.find(name)
        assert command is not None
        assert name in {"MULTI", "EXEC", "DISCARD", "UNWATCH"} or command.key_specs
        assert name in {"MULTI", "EXEC", "DISCARD", "WATCH", "UNWATCH"} or command.group in commands.DATA_GROUPS
        assert not command.acl & {"dangerous", "admin", "scripting"}


@pytest.mark.parametrize(
    ("recorded", "sent"),
    [
        ("SET k v", "SET headroom:b:{k} v"),
        ("MSET {a}1 k {a}2 k", "MSET headroom:a:{a}1 k headroom:a:{a}2 k"),
        ("ZUNIONSTORE {a}d 2 {a}1 k", "ZUNIONSTORE headroom:a:{a}d 2 headroom:a:{a}1 headroom:b:{k}"),
        ("XREAD COUNT 2 STREAMS s 0", "XREAD COUNT 2 STREAMS headroom:b:{s} 0"),
        ("GEORADIUS {a}g 1 1 1 km STORE {a}d", "GEORADIUS headroom:a:{a}g 1 1 1 km STORE headroom:a:{a}d"),
        ("OBJECT ENCODING k", "OBJECT ENCODING headroom:b:{k}"),
    ],
)  # fmt: skip
def test_every_key_a_command_names_is_moved_and_nothing_else(recorded: str, sent: str) -> None:
    cmd, args = commands.split(words(recorded))
    assert resp.words_of(cmd, admission.rewritten(cmd, args, PREFIX)) == words(sent)
    assert is_safe(words(sent), PREFIX)
    assert not is_safe(words(recorded), PREFIX)


def operation(text: str, flags: Flag = NO_FLAG) -> Operation:
    cmd, args = commands.split(words(text))
    key = next(commands.key_values(cmd, args), None)
    return Operation(0, 0, 0, cmd, key, args, None, None, None, None, flags)


def test_what_a_script_ran_stands_for_the_script() -> None:
    refused: Counter[str] = Counter()
    recorded = [operation("EVAL body 0"), operation("INCR n", Flag.LUA | Flag.WRITE), operation("FLUSHALL", Flag.LUA)]
    [kept] = admitted(recorded, refused)
    assert (kept.cmd, kept.flags) == ("INCR", Flag.WRITE)
    assert refused == {admission.SCRIPT: 1, admission.NOT_DATA: 1}


def test_operations_of_which_only_sizes_are_known_get_words_of_the_recorded_length() -> None:
    sized = Operation(0, 0, 0, "SET", b"k", None, 3, 5, None, None, Flag.WRITE)
    [made] = under(PREFIX, [sized], frozenset())
    assert made.args is not None
    assert made.key == made.args[0] == b"headroom:b:{k~~}"
    assert len(made.args[1]) == 5


def plan_of(folder: Path, *texts: str) -> PlanFiles:
    files = PlanFiles(folder)
    files.payload.write_bytes(b"".join(resp.command(words(text)) for text in texts))
    return files


def test_a_plan_is_read_back_from_its_bytes(tmp_path: Path) -> None:
    good = ("MULTI", "SET headroom:b:{k} v", "EXEC", "GET headroom:b:{k}")
    assert require_safe(plan_of(tmp_path, *good), PREFIX) == 4


@pytest.mark.parametrize("bad", ["SET k v", "FLUSHALL", "DEL headroom:b:{k} other", "RENAME headroom:b:{k} k"])
def test_one_wrong_command_stops_the_whole_plan(tmp_path: Path, bad: str) -> None:
    with pytest.raises(Unsafe, match=r"Command 2 of the plan .* Nothing was sent"):
        require_safe(plan_of(tmp_path, "GET headroom:b:{k}", bad), PREFIX)


def test_a_plan_cut_in_the_middle_of_a_command_is_not_sent(tmp_path: Path) -> None:
    files = plan_of(tmp_path, "GET headroom:b:{k}")
    files.payload.write_bytes(files.payload.read_bytes()[:-3])
    with pytest.raises(Unsafe, match="ends inside a command"):
        require_safe(files, PREFIX)
