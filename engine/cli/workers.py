"""Options of the two ends of a run with workers: where they meet and what both know."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from engine.errors import InputError
from engine.measurement import LoadSource
from engine.recording.address import Address
from engine.replay.remote.hosting import JOIN_S, Workers, listening
from engine.replay.remote.sealing import checked_token

TOKEN_VARIABLE = "HEADROOM_WORKER_TOKEN"
_TOKEN_OPTION = "--token-file"
_MOST_TOKEN_BYTES = 4096
_MOST_PORT = 65535


def add_token_option(parser: argparse.ArgumentParser | argparse._ArgumentGroup) -> None:
    """Declare where the token is."""
    parser.add_argument(_TOKEN_OPTION, type=Path, metavar="FILE", help=f"the token; without it, {TOKEN_VARIABLE}")


def add_worker_options(parser: argparse.ArgumentParser) -> None:
    """Declare what a run takes that is played by workers."""
    group = parser.add_argument_group(
        "with workers",
        "Processes started with `python -m engine load --join` play the recorded connections, evenly by operations. They need "
        "to reach --listen and, with --target, the cluster; a cluster started here is reached from this machine only.",
    )
    group.add_argument("--workers", type=int, metavar="N", help="how many to wait for")
    group.add_argument("--listen", metavar="HOST:PORT", help="where they join")
    group.add_argument(
        "--join-within",
        type=float,
        default=JOIN_S,
        metavar="S",
        help=f"wait this long for them (default {JOIN_S:.0f} s)",
    )
    add_token_option(group)


@contextmanager
def asked_workers(args: argparse.Namespace, environment: Mapping[str, str]) -> Iterator[Workers | None]:
    """The workers the person asked for, None without. Raises InputError naming the option."""
    if args.workers is None:
        for option, given in (("--listen", args.listen), (_TOKEN_OPTION, args.token_file)):
            if given is not None:
                raise InputError("belongs to a run with workers.", source=option, expected="--workers beside it.")
        yield None
        return
    if args.players != 1:
        raise InputError(
            "is for processes of this one.", source="--players", expected="nothing of the kind with --workers."
        )
    if args.listen is None:
        raise InputError("missing.", source="--listen", expected="HOST:PORT where the workers join.")
    address, token = parse_address(args.listen, "--listen"), read_token(args.token_file, environment)
    with listening(address, args.workers, token, patience_s=args.join_within) as workers:
        yield workers


def parse_address(text: str, option: str) -> Address:
    """`HOST:PORT`, `[::1]:PORT`. Raises InputError naming the option."""
    host, _, port = text.rpartition(":")
    bare = host.removeprefix("[").removesuffix("]")
    if not bare or not port.isascii() or not port.isdigit() or int(port) > _MOST_PORT:
        raise InputError(f"“{text}” is no address.", source=option, expected="HOST:PORT.")
    return Address(bare, int(port))


def read_token(path: Path | None, environment: Mapping[str, str]) -> bytes:
    """The token from the file, or else from the environment. Raises InputError; the token is never repeated."""
    if path is None:
        return checked_token(environment.get(TOKEN_VARIABLE, ""), TOKEN_VARIABLE)
    source = f"{_TOKEN_OPTION} {path}"
    try:
        with path.open("rb") as file:
            text = file.read(_MOST_TOKEN_BYTES).decode()
    except (OSError, ValueError) as error:
        raise InputError("the file cannot be read.", source=source, expected="a file that holds the token.") from error
    return checked_token(text, source)


def source_rows(sources: Sequence[LoadSource]) -> list[tuple[str, str]]:
    """What each of several players did."""
    return [
        (
            each.name,
            f"{each.operations:,} operations over {each.connections} connections"
            + ("" if each.clock_uncertainty_us is None else f", clock known to {each.clock_uncertainty_us:,.0f} µs"),
        )
        for each in sources
    ]
