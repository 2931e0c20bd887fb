"""`python -m engine load --join HOST:PORT`: play a part of a run that waits for workers."""

from __future__ import annotations

import argparse
import os
import sys

from engine.cli.workers import TOKEN_VARIABLE, add_token_option, parse_address, read_token
from engine.cluster.external.network import Policy, machine_addresses, parse_networks
from engine.replay.remote.worker import PATIENCE_S, join


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the subcommand and its options."""
    parser = subparsers.add_parser(
        "load",
        help="play a part of a run for it",
        description="Join a replay that was started with --workers and --listen, play a part of its connections and send "
        f"the record back. Both sides need the same token, from a file or the variable {TOKEN_VARIABLE}.",
    )
    parser.add_argument("--join", required=True, metavar="HOST:PORT", help="where the run listens")
    add_token_option(parser)
    parser.add_argument(
        "--allow-network",
        action="append",
        default=[],
        metavar="NET",
        help="allow addresses of this machine as a target: 127.0.0.0/8",
    )
    parser.add_argument(
        "--patience",
        type=float,
        default=PATIENCE_S,
        metavar="S",
        help=f"wait this long for a run that does not listen yet (default {PATIENCE_S:.0f} s)",
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Join, play, say how much. Raises InputError on a wrong address or token, Interrupted when the run is gone."""
    address = parse_address(args.join, "--join")
    token = read_token(args.token_file, os.environ)
    policy = Policy(parse_networks(args.allow_network, "--allow-network"), machine=machine_addresses())
    sent = join(address, token, policy=policy, patience_s=args.patience, say=_say)
    _say(f"Done: {sent:,} operations sent.")
    return 0


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()
