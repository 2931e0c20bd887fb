"""Rebuilds `engine/data/arguments.json` from the engines themselves: `python -m engine.arguments_refresh`.

It holds the argument grammar that COMMAND DOCS gives, in short keys: `n` name, `t` type, `k` token, `o` optional,
`m` multiple, `r` the token is repeated with each, `a` the parts of a block or the choices of a oneof.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from engine.commands_refresh import default_engines, server

TABLE = Path(__file__).parent / "data" / "arguments.json"
_FLAGS = {"optional": "o", "multiple": "m", "multiple_token": "r"}


def main() -> int:
    """Ask the engines of this machine and write the table; where they differ the first wins."""
    grammars: dict[str, Any] = {}
    for engine in reversed(default_engines()):
        with server(engine) as running:
            grammars |= grammars_of(_map(running.call("COMMAND", "DOCS")))
    TABLE.write_text(render(grammars))
    sys.stdout.write(f"{len(grammars)} commands -> {TABLE}\n")
    return 0


def grammars_of(documents: Mapping[str, Any]) -> dict[str, Any]:
    """Canonical name -> the list of its arguments, for every command and subcommand that has any."""
    found: dict[str, Any] = {}
    for name, raw in documents.items():
        entry = _map(raw)
        found |= grammars_of(_map(entry.get("subcommands", ())))
        if arguments := entry.get("arguments"):
            found[name.replace("|", " ").upper()] = [_argument(_map(one)) for one in arguments]
    return found


def render(grammars: Mapping[str, Any]) -> str:
    """JSON with one command a line, so that a change reads well in a diff."""
    lines = (f"{json.dumps(name)}: {json.dumps(grammars[name], separators=(',', ':'))}" for name in sorted(grammars))
    return "{" + ",\n ".join(lines) + "}\n"


def _argument(raw: Mapping[str, Any]) -> dict[str, Any]:
    out: dict[str, Any] = {"n": raw["name"].decode(), "t": raw["type"].decode()}
    if "token" in raw:
        out["k"] = raw["token"].decode().upper()
    out |= {_FLAGS[flag]: 1 for one in raw.get("flags", ()) if (flag := one.decode()) in _FLAGS}
    if parts := raw.get("arguments"):
        out["a"] = [_argument(_map(part)) for part in parts]
    return out


def _map(flat: Sequence[Any]) -> dict[str, Any]:
    return {key.decode(): value for key, value in zip(flat[::2], flat[1::2], strict=True)}


if __name__ == "__main__":
    sys.exit(main())
