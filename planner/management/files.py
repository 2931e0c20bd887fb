"""What the commands read and write: a JSON object or a text in, whole files out."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from engine.errors import InputError

MOST_BYTES = 1_000_000


def read_object(path: Path) -> dict[str, Any]:
    """A JSON object from a small file. Raises InputError naming the file and, for bad JSON, the line."""
    try:
        with path.open("rb") as file:
            data = json.loads(file.read(MOST_BYTES).decode())
    except OSError as error:
        raise InputError(f"cannot be read ({error.strerror}).", source=str(path)) from error
    except UnicodeDecodeError as error:
        raise InputError("is not text.", source=str(path), expected="a JSON object.") from error
    except json.JSONDecodeError as error:
        raise InputError(f"is not JSON: {error.msg}.", source=str(path), line=error.lineno) from error
    except RecursionError as error:
        raise InputError("is nested too deeply.", source=str(path), expected="a flat JSON object.") from error
    if not isinstance(data, dict):
        raise InputError("is not a JSON object.", source=str(path), expected='such as {"recording_is": "peak"}.')
    return data


def read_text(path: Path, most_bytes: int) -> str:
    """A small UTF-8 file. Raises InputError naming it."""
    try:
        with path.open("rb") as file:
            data = file.read(most_bytes + 1)
        if len(data) > most_bytes:
            raise InputError(f"has more than {most_bytes >> 20} MiB.", source=str(path), expected="a smaller file.")
        return data.decode("utf-8-sig")
    except OSError as error:
        raise InputError(f"cannot be read ({error.strerror}).", source=str(path)) from error
    except UnicodeDecodeError as error:
        raise InputError("is not text.", source=str(path), expected="UTF-8.") from error


def check_writable(target: str) -> None:
    """Raise InputError now rather than after minutes of work when `target` (`-`: standard output) cannot be written."""
    path = Path(target)
    if target == "-":
        return
    if path.is_dir():
        raise InputError("is a folder.", source=target, expected="the name of a file.")
    if not path.parent.is_dir():
        raise InputError("the folder does not exist.", source=str(path.parent), remedy="Create it, or name another.")
    if not os.access(path.parent, os.W_OK):
        raise InputError("the folder cannot be written.", source=str(path.parent), remedy="Name another.")


def write_all(contents: Mapping[str, bytes]) -> None:
    """Write every file beside its place and move them all at the end: none is half-written. `-` is standard output."""
    with ExitStack() as leftovers:
        ready = []
        for target, content in contents.items():
            if target != "-":
                ready.append((_written(Path(target), content, leftovers), Path(target)))
        for temporary, final in ready:
            temporary.replace(final)
    if "-" in contents:
        sys.stdout.write(contents["-"].decode())
        sys.stdout.flush()


def _written(target: Path, content: bytes, leftovers: ExitStack) -> Path:
    try:
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.", suffix=".part")
        leftovers.callback(Path(name).unlink, missing_ok=True)
        with os.fdopen(handle, "wb") as file:
            os.fchmod(file.fileno(), 0o666 & ~_umask())
            file.write(content)
    except OSError as error:
        raise InputError(f"cannot be written ({error.strerror}).", source=str(target)) from error
    return Path(name)


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
