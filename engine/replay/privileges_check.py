"""Tries access rights on a real engine: everything the recording did must pass, and what is outside must be refused.

The engine is started empty on loopback, given the users, asked by ACL DRYRUN, and stopped. Nothing is executed.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import redis

from engine import commands, commands_refresh
from engine.cluster.binaries import Engine
from engine.errors import InputError
from engine.traces.privileges import Checked, GroupPrivileges, setuser_line

PASSWORD = "for-this-check-only"
_MISTAKES = 20
_BATCH = 500
# Tried when the group is not granted them; harmless, as nothing runs.
_OUTSIDE = (
    ("FLUSHALL",),
    ("CONFIG", "GET", "*"),
    ("ACL", "LIST"),
    ("SHUTDOWN", "NOSAVE"),
    ("KEYS", "*"),
    ("DEBUG", "SLEEP", "0"),
    ("GET", "headroom-outside\x01"),
    ("SET", "headroom-outside\x01", "1"),
    ("PUBLISH", "headroom-outside\x01", "1"),
)


def check_privileges(groups: Sequence[GroupPrivileges], engine: Engine) -> tuple[GroupPrivileges, ...]:
    """The same groups with `checked` filled in. Raises InputError when the engine has no ACL DRYRUN (before 7.0)."""
    with acl_server(engine) as client:
        return tuple(dataclasses.replace(group, checked=_check(client, group, engine)) for group in groups)


@contextmanager
def acl_server(engine: Engine) -> Iterator[redis.Redis]:
    """A client of an empty engine of its own, as its administrator."""
    with (
        commands_refresh.server(engine.path) as running,
        redis.Redis(host="127.0.0.1", port=running.port, socket_timeout=30) as client,
    ):
        if not client.execute_command("COMMAND INFO", "acl|dryrun")[0]:
            raise InputError(
                "has no ACL DRYRUN.", source=engine.title, remedy="Check with Redis 7.0 or newer, or with Valkey."
            )
        yield client


def load_user(client: redis.Redis, group: GroupPrivileges) -> GroupPrivileges:
    """Make the group's user on the server; commands that this engine does not have are left out, and named."""
    missing = _missing(client, group.commands)
    granted = {name: count for name, count in group.commands.items() if name not in missing}
    line = setuser_line(group.user, granted, group.patterns, group.channels).replace(">PASSWORD", f">{PASSWORD}")
    client.execute_command(*line.split(" "))  # type: ignore[no-untyped-call]  # redis-py does not type it
    withheld = {**group.withheld, **dict.fromkeys(sorted(missing), "not known to the engine of the check")}
    return dataclasses.replace(group, commands=granted, withheld=withheld)


def _check(client: redis.Redis, group: GroupPrivileges, engine: Engine) -> Checked:
    loaded = load_user(client, group)
    samples = [call for call in group.samples if _name(call) in loaded.commands]
    mistakes = [
        f"{_name(call)}: {_text(answer)}"
        for call, answer in zip(samples, _dry_runs(client, group.user, samples), strict=True)
        if not _is_allowed(answer)
    ]
    outside = [call for call in _OUTSIDE if not _covered(loaded, call)]
    answers = _dry_runs(client, group.user, [tuple(word.encode() for word in call) for call in outside])
    let_through = [call[0] for call, answer in zip(outside, answers, strict=True) if _is_allowed(answer)]
    allowed = len(samples) - len(mistakes)
    mistakes += [f"{name} is outside the rights and passes" for name in let_through]
    refused = len(outside) - len(let_through)
    return Checked(engine.name, engine.version, allowed, refused, tuple(mistakes[:_MISTAKES]))


def _dry_runs(client: redis.Redis, user: str, calls: Sequence[tuple[bytes, ...]]) -> Iterator[Any]:
    for start in range(0, len(calls), _BATCH):
        with client.pipeline(transaction=False) as pipeline:
            for call in calls[start : start + _BATCH]:
                pipeline.execute_command("ACL DRYRUN", user, *call)  # type: ignore[no-untyped-call]
            yield from pipeline.execute(raise_on_error=False)


def _missing(client: redis.Redis, names: Mapping[str, int]) -> set[str]:
    """Commands that this engine does not have."""
    asked = list(names)
    if not asked:
        return set()
    words = [name.lower().replace(" ", "|") for name in asked]
    answers = client.execute_command("COMMAND INFO", *words)  # type: ignore[no-untyped-call]
    return {name for name, answer in zip(asked, answers, strict=True) if not answer}


def _covered(group: GroupPrivileges, call: Sequence[str]) -> bool:
    """Whether the rights hold for this call, so that it says nothing."""
    name = call[0] if call[0] in group.commands else " ".join(call[:2])
    wide = {"~*", "%R~*", "%W~*"} & set(group.patterns) or "&*" in group.channels
    return name in group.commands and (len(call) == 1 or call[0] == "KEYS" or bool(wide))


def _name(call: Sequence[bytes]) -> str:
    return commands.split(call)[0]


def _is_allowed(answer: Any) -> bool:
    return answer in (b"OK", True)


def _text(answer: Any) -> str:
    return answer.decode(errors="replace") if isinstance(answer, bytes) else str(answer)
