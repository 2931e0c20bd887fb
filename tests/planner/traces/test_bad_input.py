"""Every kind of bad recording, as a person meets it: a sentence on the page, nothing left behind, the next one is read."""

from __future__ import annotations

import gzip
import io
import os
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django.utils.html import escape

from planner.jobs.models import Job
from planner.runs import services as runs
from planner.runs.cluster import Cluster
from planner.runs.models import Run
from planner.traces import services as traces
from planner.traces.models import Trace
from tests.planner.traces.making import START, arrived, brought_in, imported, recording, uploaded

DATA = Path(__file__).parents[2] / "data"


def said(second: int, command: str) -> bytes:
    """One line of a recording."""
    words = " ".join(f'"{word}"' for word in command.split())
    return f"{START + second}.000000 [0 127.0.0.1:5000] {words}\n".encode()


BACKWARDS = said(9, "SET a 1") + said(0, "GET a")
ONLY_REFUSED = said(0, "MSET a 1 b 2") + said(1, "MGET a b")
BAD = {
    "not a recording": (b"<html><body>not this</body></html>\n", "Expected"),
    "empty": (b"", "empty"),
    "binary junk": (bytes(range(256)) * 50, "Expected"),
    "gzip that ends early": (gzip.compress(os.urandom(4000))[:-200], "Expected"),
    "times that go backwards": (BACKWARDS, "line 2"),
}


def zipped(name: str, content: bytes) -> bytes:
    """An archive with one file of that name."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return packed.getvalue()


BAD_FILES: dict[str, tuple[str, Callable[[], bytes], str]] = {
    "a snapshot of a later version": ("dump.rdb", lambda: (DATA / "rdb" / "lib_future_v19.rdb").read_bytes(), "version"),
    "a snapshot with a wrong checksum": (
        "dump.rdb", lambda: (DATA / "rdb" / "lib_invalid_chksum_v8.rdb").read_bytes(), "checksum",
    ),
    "a capture of encrypted traffic": ("tls.pcap", lambda: (DATA / "pcap" / "tls.pcap").read_bytes(), "TLS"),
    "an append-only file with a wrong length": (
        "appendonly.aof", lambda: b"*2\r\n$3\r\nDEL\r\n$1\r\na\r\n*1\r\n$-7\r\n" + b"x" * 100, "byte",
    ),
    "an archive that escapes its folder": ("a.zip", lambda: zipped("../../evil.txt", recording()), "evil.txt"),
    "an archive that unpacks to far too much": ("bomb.zip", lambda: zipped("a.txt", b"0" * (200 << 20)), "bomb.zip"),
    "figures that say too little": ("bigkeys.txt", lambda: b"# Scanning the entire keyspace to find biggest keys\n", ""),
}  # fmt: skip


@pytest.mark.parametrize("kind", BAD_FILES)
def test_a_bad_file_of_any_format_is_refused_in_a_sentence_and_leaves_nothing(
    owner: User, owner_client: Client, data_folder: Path, kind: str
) -> None:
    name, content, word = BAD_FILES[kind]
    trace = imported(owner, content(), name)
    assert trace.job.state == Job.State.FAILED
    assert name in trace.job.error and word in trace.job.error
    assert "Headroom itself failed" not in trace.job.error
    assert escape(trace.job.error) in shown(owner_client, "traces:detail", trace.pk)
    assert left_in(data_folder) == []


def test_files_of_two_formats_are_refused_by_name(owner: User, data_folder: Path) -> None:
    capture = (DATA / "pcap" / "django-cloud.pcap").read_bytes()
    files = [("a.txt", arrived(recording(), "tmp1")), ("dump.pcap", arrived(capture, "tmp2"))]
    trace = brought_in(traces.import_upload(owner=owner, files=files, now=timezone.now()))
    assert trace.job.state == Job.State.FAILED
    assert "dump.pcap" in trace.job.error and "one format" in trace.job.error
    assert left_in(data_folder) == []


def test_a_snapshot_beside_a_recording_is_what_it_starts_from(owner: User, data_folder: Path) -> None:
    snapshot = (DATA / "rdb" / "redis_encodings.rdb").read_bytes()
    files = [("a.txt", arrived(recording(), "tmp1")), ("dump.rdb", arrived(snapshot, "tmp2"))]
    trace = brought_in(traces.import_upload(owner=owner, files=files, now=timezone.now()))
    assert trace.job.state == Job.State.DONE
    assert (trace.header or {})["population"] == 13
    assert (trace.profile or {})["operations"] == 200


def shown(client: Client, name: str, pk: object) -> str:
    """The page as text."""
    response = client.get(reverse(name, args=[pk]))
    assert response.status_code == 200
    return response.content.decode()


def left_in(data_folder: Path) -> list[str]:
    return [path.name for folder in ("uploads", "traces") for path in (data_folder / folder).iterdir()]


@pytest.mark.parametrize("kind", BAD)
def test_it_says_what_was_expected_and_leaves_nothing_and_the_next_one_is_read(
    owner: User, owner_client: Client, data_folder: Path, kind: str
) -> None:
    content, word = BAD[kind]
    trace = imported(owner, content)
    assert trace.job.state == Job.State.FAILED
    assert "shop.txt" in trace.job.error and word in trace.job.error
    assert escape(trace.job.error) in shown(owner_client, "traces:detail", trace.pk)
    assert left_in(data_folder) == []
    assert imported(owner).is_ready


def test_a_line_of_200_mb_is_refused_by_its_number(owner: User, owner_client: Client, data_folder: Path) -> None:
    first, path = recording(1), arrived(b"")
    with path.open("wb") as file:
        file.writelines(_long_line(first))
    trace = traces.import_upload(owner=owner, files=[("long.txt", path)], now=timezone.now())
    traces.import_recording(trace_id=trace.pk)
    trace = Trace.objects.get(pk=trace.pk)
    assert trace.job.state == Job.State.FAILED
    assert "long.txt, line 2" in trace.job.error
    assert escape(trace.job.error) in shown(owner_client, "traces:detail", trace.pk)
    assert left_in(data_folder) == []


def test_a_recording_cut_off_in_its_last_line_is_read_and_the_page_says_so(owner: User, owner_client: Client) -> None:
    trace = imported(owner, recording()[:-20])
    assert trace.is_ready
    assert (trace.profile or {})["operations"] == 199
    assert "last line" in shown(owner_client, "traces:detail", trace.pk)


def test_commands_that_cannot_be_replayed_alone_end_the_run_with_a_sentence(owner: User, owner_client: Client) -> None:
    trace = imported(owner, ONLY_REFUSED)
    run = _measured_to_its_end(trace)
    assert run.job.state == Job.State.FAILED
    assert "can be replayed" in run.job.error
    assert escape(run.job.error) in shown(owner_client, "runs:detail", run.pk)


def test_more_data_than_memory_ends_the_run_before_an_engine_is_started(
    owner: User, owner_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.cluster.local._MEMORY_SHARE", 1e-9)
    trace = imported(owner)
    run = _measured_to_its_end(trace)
    assert run.job.state == Job.State.FAILED
    assert "of memory" in run.job.error and "Use fewer replicas" in run.job.error
    assert escape(run.job.error) in shown(owner_client, "runs:detail", run.pk)


def test_the_list_shows_recordings_that_were_never_read_beside_those_that_were(
    owner: User, owner_client: Client
) -> None:
    imported(owner, b"no recording\n")
    uploaded(owner)
    imported(owner)
    response = owner_client.get(reverse("traces:list"))
    assert response.status_code == 200
    assert len(response.context["traces"]) == 3


def _long_line(first: bytes) -> Iterator[bytes]:
    yield first
    yield f'{START + 1}.000000 [0 127.0.0.1:5000] "SET" "key" "'.encode()
    for _ in range(200):
        yield b"x" * (1 << 20)
    yield b'"\n'


def _measured_to_its_end(trace: Trace) -> Run:
    run = runs.create(owner=trace.owner, trace=trace, cluster=Cluster(shards=1, replicas=0))
    runs.measure_run(run_id=run.pk)
    return Run.objects.get(pk=run.pk)
