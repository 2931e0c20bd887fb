"""Coverage-guided fuzzing of one format's reader: `python -m tests.fuzz.fuzz FORMAT [libFuzzer options]`.

Starts from the seeds of `tests.fuzz.seeds`; options such as `-max_total_time=60` or `-runs=300` are libFuzzer's. A crash
leaves its input in `.fuzz/`. Compiled loops are opaque to it, so modules that hold them are not instrumented.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import atheris

PROJECT = Path(__file__).parents[2]
CRASHES = PROJECT / ".fuzz"


def _with_kernels() -> Iterator[str]:
    """Modules whose functions are compiled: their bytecode must stay as it is."""
    for path in (PROJECT / "engine").rglob("*.py"):
        if "engine.kernels" in path.read_text():
            yield ".".join(path.relative_to(PROJECT).with_suffix("").parts)


with atheris.instrument_imports(include=["engine.traces"], exclude=["engine.kernels", *_with_kernels()]):
    from tests.fuzz.harness import Outcome, all_formats, read_all
    from tests.fuzz.seeds import seeds_of

    FORMATS = {format.name: format for format in all_formats()}


def _ignore(_: Outcome) -> None:
    """An input that reads, or is refused as it should be, says nothing."""


def main() -> None:
    """Fuzz until libFuzzer's limits are met or an input raises something else than InputError."""
    if len(sys.argv) < 2 or sys.argv[1] not in FORMATS:
        sys.exit(f"usage: python -m tests.fuzz.fuzz {'|'.join(FORMATS)} [libFuzzer options]")
    format = FORMATS[sys.argv[1]]
    CRASHES.mkdir(exist_ok=True)
    (CRASHES / ".gitignore").write_text("*\n")
    with tempfile.TemporaryDirectory() as corpus:
        for number, seed in enumerate(seeds_of(format)):
            (Path(corpus) / f"seed-{number}").write_bytes(seed)
        options = ["-max_len=8192", f"-artifact_prefix={CRASHES}/{format.name}-", *sys.argv[2:]]
        atheris.Setup([sys.argv[0], *options, corpus], lambda data: _ignore(read_all(format, data)))
        atheris.Fuzz()


if __name__ == "__main__":
    main()
