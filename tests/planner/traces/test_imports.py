"""A recording arrives, is read, and leaves nothing behind that it should not."""

from __future__ import annotations

import gzip
import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from engine.traces.store import iter_operations
from planner.jobs.models import Job
from planner.reports.facts_predicted import KEY
from planner.traces import services, storage
from planner.traces.models import Trace
from tests.planner.traces.making import arrived, brought_in, imported, recording, uploaded

OLD = timedelta(hours=3)


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def age(path: Path) -> Path:
    long_ago = (timezone.now() - OLD).timestamp()
    os.utime(path, (long_ago, long_ago))
    return path


def test_an_upload_waits_under_the_id_of_its_trace_and_never_under_its_own_name(owner: User, data_folder: Path) -> None:
    trace = uploaded(owner, name="../../etc/passwd")
    assert files(data_folder / "uploads") == [f"{trace.pk}.0"]
    assert (trace.name, trace.files) == ("passwd", ["passwd"])


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
    assert sum(trace.profile[KEY]["by_command"].values()) == trace.profile[KEY]["bytes"] > 0
    assert trace.hit_curve and 0 <= trace.hit_curve[0]["hit_rate"] <= 1
    assert files(data_folder / "uploads") == []
    assert files(data_folder / "traces") == [f"{trace.pk}.parquet"]


def test_a_gzip_recording_is_read_like_a_plain_one(owner: User) -> None:
    assert (imported(owner, gzip.compress(recording())).profile or {})["operations"] == 200


@pytest.mark.parametrize(
    "content", [b"this is not a recording\n", bytes(range(256)) * 20, gzip.compress(b"junk\n", mtime=0)]
)
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


def test_an_interrupted_import_gives_its_upload_up(owner: User, data_folder: Path) -> None:
    trace = uploaded(owner)
    Job.objects.filter(pk=trace.job_id).update(state=Job.State.INTERRUPTED)
    storage.forget_interrupted()
    assert files(data_folder / "uploads") == []
    assert not Trace.objects.get(pk=trace.pk).can_resume


def test_an_interrupted_import_of_the_sample_can_be_done_again(owner: User) -> None:
    trace = services.import_sample(owner=owner)
    Job.objects.filter(pk=trace.job_id).update(state=Job.State.INTERRUPTED)
    storage.forget_interrupted()
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
    age(waiting.upload_paths[0])
    age(ready.path)
    arriving = arrived(b"still arriving", "tmp2.upload")
    assert storage.sweep(now=timezone.now()) == []  # each import sweeps first, so the old ones are gone already
    assert not orphan.exists() and not half_trace.exists()
    assert waiting.upload_paths[0].exists() and ready.path.exists() and arriving.exists()


def test_at_a_start_nothing_can_be_arriving_so_the_sweep_waits_for_nobody(owner: User, data_folder: Path) -> None:
    waiting, interrupted = uploaded(owner), uploaded(owner)
    Job.objects.filter(pk=interrupted.job_id).update(state=Job.State.INTERRUPTED)
    fresh = [arrived(b"half an upload", "tmp1.upload"), _touch(data_folder / "traces" / ".gone.parquet.part")]
    assert sorted(storage.sweep(now=timezone.now(), grace=timedelta(0))) == sorted(fresh)
    assert files(data_folder / "uploads") == [f"{waiting.pk}.0"]


def test_the_sample_is_imported_once_for_each_person(owner: User, teammate: User) -> None:
    first = services.import_sample(owner=owner)
    assert services.import_sample(owner=owner) == first
    assert services.import_sample(owner=teammate) != first
    assert first.is_sample and first.sources[0][0].exists()


def test_the_sample_is_read_as_it_is_and_an_upload_is_redacted_unless_it_is_said_otherwise(owner: User) -> None:
    redacted, as_it_is = imported(owner), imported(owner, redact=False)
    sample = brought_in(services.import_sample(owner=owner))
    assert "user:{id}:cart" in families(as_it_is) and "user:{id}:cart" in families(redacted)
    assert (redacted.header or {})["redaction"] != "none"
    assert (as_it_is.header or {})["redaction"] == (sample.header or {})["redaction"] == "none"


def test_words_to_keep_stay_in_the_families_and_others_do_not(owner: User) -> None:
    content = recording().replace(b"user:", b"zorblatt:")
    assert not any("zorblatt" in pattern for pattern in families(imported(owner, content)))
    assert any("zorblatt" in pattern for pattern in families(imported(owner, content, keep_words=["zorblatt"])))


def test_nothing_that_was_sent_stands_in_any_file_after_reading(owner: User, data_folder: Path) -> None:
    secret = b"Rumpelstilzchen"
    imported(owner, recording().replace(b"x" * 40, secret))
    stored = [path.read_bytes() for path in data_folder.rglob("*") if path.is_file()]
    assert stored and not any(secret in content for content in stored)


def test_the_key_of_the_redaction_is_new_each_time_so_two_readings_cannot_be_linked(owner: User) -> None:
    content = recording().replace(b":cart", b":rumpelstilzchen")
    first, second = imported(owner, content), imported(owner, content)
    assert keys_of(first).isdisjoint(keys_of(second))
    assert len(keys_of(first)) == len(keys_of(second)) == 25


def test_several_nodes_files_become_one_recording_under_their_own_numbers(owner: User, data_folder: Path) -> None:
    halves = (recording().splitlines(keepends=True)[0::2], recording().splitlines(keepends=True)[1::2])
    sent = [(f"node{number}.txt", arrived(b"".join(half), f"tmp{number}")) for number, half in enumerate(halves)]
    trace = services.import_upload(owner=owner, files=sent, now=timezone.now())
    assert files(data_folder / "uploads") == [f"{trace.pk}.0", f"{trace.pk}.1"]
    assert (trace.name, trace.files) == ("node0.txt and 1 more", ["node0.txt", "node1.txt"])
    assert (brought_in(trace).profile or {})["operations"] == 200
    assert files(data_folder / "uploads") == []


def test_an_upload_that_cannot_be_kept_leaves_nothing(owner: User, data_folder: Path) -> None:
    sent = [("a.txt", arrived(recording(), "tmp1")), ("b.txt", data_folder / "uploads" / "gone")]
    with pytest.raises(FileNotFoundError):
        services.import_upload(owner=owner, files=sent, now=timezone.now())
    assert files(data_folder / "uploads") == [] and not Trace.objects.exists()


def test_what_each_client_needs_is_kept_and_was_tried_on_a_real_server(owner: User) -> None:
    [group] = imported(owner).privileges or []
    assert set(group["commands"]) == {"GET", "SET"}
    assert group["checked"]["allowed"] > 0 and group["checked"]["refused"] > 0
    assert group["checked"]["mistakes"] == []


def test_where_no_engine_can_try_the_rights_they_are_kept_untried(owner: User, settings: Any) -> None:
    settings.HEADROOM_ENGINE = "/no/such/engine"
    trace = imported(owner)
    assert trace.is_ready
    assert [group["checked"] for group in trace.privileges or []] == [None]


def families(trace: Trace) -> set[str]:
    return {family["pattern"] for family in (trace.profile or {})["families"]}


def keys_of(trace: Trace) -> set[bytes]:
    return {operation.key for operation in iter_operations(trace.path) if operation.key is not None}


def _touch(path: Path) -> Path:
    path.write_bytes(b"")
    return path
