"""`manage.py estimate INPUT --json OUT --pdf OUT`: the whole job without a browser and without a database.

Exit status: 0 done, 2 bad input (one line says what and where), 3 the machine interrupted the run, 130 stopped by a
signal. Nothing is left behind: the working folder is removed however the command ends, and no output is half-written.
"""

from __future__ import annotations

import json
import math
import signal
import sys
import tempfile
from argparse import Namespace
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from engine.cli.ramping import add_ramp_options, ramp_spec
from engine.cli.terminal import ProgressBar
from engine.cluster import binaries, durability
from engine.errors import InputError, Interrupted
from engine.progress import Report
from engine.ramp.model import RampSpec
from engine.run import RunSpec, measure
from engine.traces.formats.reader import Options
from engine.traces.redaction import key_from_content
from engine.traces.samples import ECOMMERCE
from planner.estimates.pipeline import analyse, build_document
from planner.management.files import check_writable, read_object, read_text, write_all
from planner.reports import document as documents
from planner.reports.document import EstimateDocument
from planner.reports.pdf import estimate_pdf
from planner.sizing.answers import LONGEST_SOURCE, parse_answers
from planner.sizing.growth import likely_growth
from planner.sizing.model.answers import Answers
from planner.sizing.seasonality import season_of

BAD_INPUT, INTERRUPTED, STOPPED = 2, 3, 130
SEASON_BYTES = 16 << 20


class Command(BaseCommand):
    """Read, replay, measure, size, price and print one recording."""

    help = "Replay a recording on a cluster of its own, measure it, and write what it needs and costs as JSON and PDF."
    requires_system_checks: list[str] = []  # noqa: RUF012 - Django declares it so; the command needs no database

    def add_arguments(self, parser: CommandParser) -> None:
        """The recording, where the answer goes, and how to measure."""
        parser.add_argument(
            "input", metavar="INPUT", nargs="+",
            help="a recording or summary in any format of the README; several are the files of one, each node's say",
        )  # fmt: skip
        parser.add_argument("--no-redact", action="store_true", help="keep keys and values as they are")
        parser.add_argument(
            "--keep-words", metavar="WORD,…", default="", help="parts of keys that are structure, not data"
        )
        parser.add_argument(
            "--duration",
            type=float,
            metavar="S",
            help="seconds it took, for formats without a clock (default: assumed)",
        )
        parser.add_argument("--json", metavar="OUT", help="write the estimate as JSON; - is standard output")
        parser.add_argument("--pdf", metavar="OUT", help="write the estimate as a PDF")
        parser.add_argument("--answers", metavar="A.json", help="answers about the real workload; defaults otherwise")
        parser.add_argument(
            "--season", metavar="FILE", help="a year of daily or hourly traffic, as CSV or CloudWatch JSON"
        )
        parser.add_argument("--season-metric", metavar="NAME", default="", help="which column or metric is traffic")
        parser.add_argument("--name", default="", help="the estimate's name (default: the recording's file name)")
        parser.add_argument("--shards", type=int, default=3, help="primaries of the measured cluster (default 3)")
        parser.add_argument("--replicas", type=int, help="replicas of each primary (default 1; 2 in durable mode)")
        parser.add_argument("--speed", type=float, default=1.0, help="2 replays in half the recorded time (default 1)")
        parser.add_argument(
            "--mode", default=durability.CACHE, help="durability of the measured cluster (default cache)"
        )
        parser.add_argument("--engine", metavar="NAME|PATH", help="engine to measure (default: the bundled one)")
        add_ramp_options(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        """Do it, or say in one line why not."""
        try:
            with _signals_stop(), ProgressBar(sys.stderr) as report:
                _estimate(options, report)
        except InputError as error:
            self._end(f"error: {error}", BAD_INPUT)
        except Interrupted as error:
            self._end(f"interrupted: {error}", INTERRUPTED)
        except KeyboardInterrupt:
            self._end("stopped: nothing was written.", STOPPED)

    def _end(self, line: str, status: int) -> NoReturn:
        self.stderr.write(line)
        sys.exit(status)


def _estimate(options: Mapping[str, Any], report: Report) -> None:
    if options["replicas"] is None:
        options = {**options, "replicas": durability.default_replicas(options["mode"])}
    targets = [target for target in (options["json"], options["pdf"]) if target]
    _check(options, targets)
    sources = [Path(name) for name in options["input"]]
    answers = _with_season(parse_answers(read_object(Path(options["answers"])) if options["answers"] else {}), options)
    with tempfile.TemporaryDirectory(prefix="headroom-estimate-") as folder:
        trace = Path(folder) / "trace.parquet"
        analysis = analyse(
            [(source, source.name) for source in sources], trace,
            source_name=_name(sources), options=_reading(options, sources), report=report,
        )  # fmt: skip
        measurement = measure(_spec(options, trace, Path(folder) / "run"), report=report)
    document = build_document(
        analysis=analysis,
        measurement=measurement,
        answers=answers,
        name=options["name"] or _name(sources),
        created=datetime.now(UTC).replace(microsecond=0),
    )
    write_all(_outputs(document, options["json"], options["pdf"]))


def _with_season(answers: Answers, options: Mapping[str, Any]) -> Answers:
    """The answers with the season of the file given, if one is. Growth within that year is taken to be the stated one."""
    if not options["season"]:
        return answers
    path, growth = Path(options["season"]), likely_growth(answers).traffic
    season = season_of(
        read_text(path, SEASON_BYTES), path.name, metric=options["season_metric"], growth_per_month=growth
    )
    source = path.name[:LONGEST_SOURCE]
    return replace(answers, season_peak=season.peak, season_mean=season.mean, season_source=source)


def _reading(options: Mapping[str, Any], sources: Sequence[Path]) -> Options:
    """How to read. The key of the redaction comes from the content, so that the same files give the same answer."""
    redact = not options["no_redact"] and not all(source.resolve() == ECOMMERCE.resolve() for source in sources)
    return Options(
        redact=redact,
        keep_words=frozenset(options["keep_words"].replace(",", " ").encode().split()),
        redaction_key=key_from_content(sources) if redact else None,
        duration_s=options["duration"],
    )


def _name(sources: Sequence[Path]) -> str:
    more = f" and {len(sources) - 1} more" if len(sources) > 1 else ""
    return sources[0].name + more


def _check(options: Mapping[str, Any], targets: list[str]) -> None:
    """What can be known to be wrong before minutes of work."""
    if not targets:
        raise InputError("nowhere to write the estimate.", expected="--json OUT, --pdf OUT or both.")
    if options["pdf"] == "-":
        raise InputError("a PDF is not written to standard output.", source="--pdf", expected="the name of a file.")
    if len(set(targets)) < len(targets):
        raise InputError("the JSON and the PDF have the same name.", source="--pdf", expected="another name.")
    for target in targets:
        check_writable(target)
    for name, least in (("shards", 1), ("replicas", 0)):
        if options[name] < least:
            raise InputError(f"{options[name]} is too few.", source=f"--{name}", expected=f"{least} or more.")
    if options["duration"] is not None and not 0 < options["duration"] < math.inf:
        raise InputError(f"{options['duration']} is no duration.", source="--duration", expected="seconds above zero.")
    _ramp(options)
    durability.require_available(options["mode"], options["replicas"])
    binaries.choose(options["engine"])


def _spec(options: Mapping[str, Any], trace: Path, folder: Path) -> RunSpec:
    return RunSpec(
        trace=trace,
        folder=folder,
        shards=options["shards"],
        replicas=options["replicas"],
        mode=options["mode"],
        speed=options["speed"],
        engine=options["engine"],
        players=settings.HEADROOM_PLAYERS,
        snapshot_turn_s=settings.HEADROOM_SNAPSHOT_TURN_S,
        ramp=_ramp(options),
    )


def _ramp(options: Mapping[str, Any]) -> RampSpec | None:
    return ramp_spec(Namespace(**options, target=None))


def _outputs(document: EstimateDocument, json_target: str | None, pdf_target: str | None) -> dict[str, bytes]:
    outputs = {}
    if json_target:
        text = json.dumps(documents.to_json(document), indent=2, ensure_ascii=False)
        outputs[json_target] = f"{text}\n".encode()
    if pdf_target:
        outputs[pdf_target] = estimate_pdf(document)
    return outputs


@contextmanager
def _signals_stop() -> Iterator[None]:
    """SIGINT and SIGTERM unwind the work once; while it cleans up, more of them are ignored."""

    def stop(_number: int, _frame: FrameType | None) -> None:
        for number in before:
            signal.signal(number, signal.SIG_IGN)
        raise KeyboardInterrupt

    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    for number in before:
        signal.signal(number, stop)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
