"""A recording arrives, is read, and leaves nothing behind that it should not."""

from __future__ import annotations

import gzip
import os
from datetime import timedelta
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from planner.jobs.models import Job
from planner.traces import services, storage
from planner.traces.models import Trace
from tests.planner.traces.making import arrived, imported, recording, uploaded

OLD = timedelta(hours=3)


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def age(path: Path) -> Path:
    long_ago = (timezone.now() - OLD).timestamp()
    os.utime(path, (long_ago, long_ago))
    return path


def test_an_upload_waits_under_the_id_of_its_trace_and_never_under_its_own_name(owner: User, data_folder: Path) -> None:
    trace = uploaded(owner, name="../../etc/passwd")
    assert files(data_folder / "uploads") == [str(trace.pk)]
    assert trace.name == "passwd"


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("C:\\logs\\monitor.txt", "monitor.txt"),
        ("a\x00b\x1b[31m\n.txt", "ab[31m.txt"),
        ("x" * 500, "x" * 120),
        ("/", "recording"),
    ],
)
def test_an_uploads_name_is_kept_as_short_printable_text(given: str, kept: str) -> None:
    assert storage.printable_name(given) == kept


def test_a_recording_that_was_read_has_its_figures_and_its_upload_is_gone(owner: User, data_folder: Path) -> None:
    trace = imported(owner)
    assert trace.job.state == Job.State.DONE
    assert trace.profile is not None and trace.header is not None and trace.items is not None
    assert (trace.profile["operations"], trace.profile["writes"], trace.profile["reads"]) == (200, 50, 150)
    assert trace.header["source_name"] == "shop.txt"
    assert trace.items["items"] == 25
    assert trace.hit_curve and 0 <= trace.hit_curve[0]["hit_rate"] <= 1
    assert files(data_folder / "uploads") == []
    assert files(data_folder / "traces") == [f"{trace.pk}.parquet"]


def test_a_gzip_recording_is_read_like_a_plain_one(owner: User) -> None:
    assert (imported(owner, gzip.compress(recording())).profile or {})["operations"] == 200


@pytest.mark.parametrize("content", [b"this is not a recording\n", bytes(range(256)) * 20, gzip.compress(b"junk\n")])
def test_what_is_no_recording_fails_with_a_sentence_and_leaves_no_file(
    owner: User, data_folder: Path, content: bytes
) -> None:
    trace = imported(owner, content)
    assert trace.job.state == Job.State.FAILED
    assert "shop.txt" in trace.job.error and "Expected" in trace.job.error
    assert not trace.is_ready
    assert files(data_folder / "uploads") == files(data_folder / "traces") == []
    assert imported(owner).job.state == Job.State.DONE  # the next one runs


def test_a_cancelled_import_leaves_no_file(owner: User, data_folder: Path) -> None:
    trace = uploaded(owner)
    services.cancel(trace=trace)
    services.import_recording(trace_id=trace.pk)
    assert Job.objects.get(pk=trace.job_id).state == Job.State.CANCELLED
    assert files(data_folder / "uploads") == files(data_folder / "traces") == []
    assert not Trace.objects.get(pk=trace.pk).can_resume


def test_an_interrupted_import_keeps_its_upload_and_can_be_read_again(owner: User) -> None:
    trace = uploaded(owner)
    Job.objects.filter(pk=trace.job_id).update(state=Job.State.INTERRUPTED)
    trace = Trace.objects.get(pk=trace.pk)
    assert trace.can_resume
    services.resume(trace=trace)
    services.import_recording(trace_id=trace.pk)
    assert Trace.objects.get(pk=trace.pk).is_ready


def test_a_trace_that_is_gone_is_not_an_error_for_the_worker(owner: User) -> None:
    trace = imported(owner)
    services.delete(trace=trace)
    services.import_recording(trace_id=trace.pk)


def test_the_sweep_takes_what_a_crash_left_and_nothing_else(owner: User, data_folder: Path) -> None:
    orphan = age(arrived(b"half an upload", "tmp1.upload"))
    half_trace = age(_touch(data_folder / "traces" / "gone.parquet.part"))
    waiting, ready = uploaded(owner), imported(owner)
    age(waiting.upload_path)
    age(ready.path)
    arriving = arrived(b"still arriving", "tmp2.upload")
    assert storage.sweep(now=timezone.now()) == []  # each import sweeps first, so the old ones are gone already
    assert not orphan.exists() and not half_trace.exists()
    assert waiting.upload_path.exists() and ready.path.exists() and arriving.exists()


def test_at_a_start_nothing_can_be_arriving_so_the_sweep_waits_for_nobody(owner: User, data_folder: Path) -> None:
    waiting = uploaded(owner)
    Job.objects.filter(pk=waiting.job_id).update(state=Job.State.INTERRUPTED)
    fresh = [arrived(b"half an upload", "tmp1.upload"), _touch(data_folder / "traces" / ".gone.parquet.part")]
    assert sorted(storage.sweep(now=timezone.now(), grace=timedelta(0))) == sorted(fresh)
    assert files(data_folder / "uploads") == [str(waiting.pk)]


def test_the_sample_is_imported_once_for_each_person(owner: User, teammate: User) -> None:
    first = services.import_sample(owner=owner)
    assert services.import_sample(owner=owner) == first
    assert services.import_sample(owner=teammate) != first
    assert first.is_sample and first.source.exists()


def _touch(path: Path) -> Path:
    path.write_bytes(b"")
    return path
