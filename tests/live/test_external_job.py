"""From the form to the answer on a cluster that is not ours, each step by the view or service that does it, and no trace of
the password on the way.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from engine.cluster.binaries import Engine
from planner.estimates import services as estimates
from planner.estimates.models import Estimate
from planner.external import services
from planner.external.models import ExternalRun
from planner.external.wanted import confirmation
from planner.jobs.models import Job
from tests.live.tls_cluster import PASSWORD, RIGHTS, USER, TlsCluster, tls_cluster
from tests.live.waiting import wait_until
from tests.planner.traces.making import START, imported, measured

pytestmark = [pytest.mark.live, pytest.mark.django_db(transaction=True)]
SPELLINGS = (PASSWORD.encode(), quote(PASSWORD, safe="").encode())
THEIRS = b"theirs:1"
MEMORYDB = f"{RIGHTS} -memory|usage -config -monitor -psync -bgsave -acl -debug"


@pytest.fixture(scope="module")
def cluster(debian_engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TlsCluster]:
    with tls_cluster(debian_engine, tmp_path_factory.mktemp("external")) as started:
        started.owner(started.port_of(THEIRS), "SET", THEIRS, "kept")
        yield started


@pytest.fixture(autouse=True)
def local_addresses(settings: Any) -> None:
    settings.HEADROOM_EXTERNAL_ALLOW = "127.0.0.0/8, ::1"


@pytest.fixture
def said(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    """Everything that is logged, down to the smallest word."""
    caplog.set_level(logging.DEBUG)
    return caplog


def recording(seconds: float, keys: int) -> bytes:
    lines = [f'{START + seconds * n / keys:.6f} [0 127.0.0.1:50000] "SET" "key:{n}" "value"' for n in range(keys)]
    return ("\n".join(lines) + "\n").encode()


def draft(owner: User, content: bytes) -> Estimate:
    estimate = estimates.create(owner=owner)
    estimates.choose_trace(estimate=estimate, trace=imported(owner, content))
    return estimate


def typed(cluster: TlsCluster, **more: object) -> dict[str, object]:
    """The form as somebody fills it in."""
    authority = SimpleUploadedFile("ca.pem", cluster.authority.read_bytes())
    return {
        "url": cluster.url, "password": PASSWORD, "ca": authority, "key_prefix": "headroom:",
        "per_s": 5000, "speed": 1, "confirmed": "on", "agreed_to": confirmation("headroom:", 5000), **more,
    }  # fmt: skip


def submit(client: Client, estimate: Estimate, fields: dict[str, object], **headers: str) -> Any:
    response: Any = client.post(reverse("wizard:elsewhere", args=[estimate.pk]), fields, headers=headers)
    return response


def require_nowhere(data_folder: Path, *texts: bytes) -> None:
    """The password stands in no file of the data folder, no file of the database, and none of these texts."""
    database = Path(str(connection.settings_dict["NAME"]))
    files = [*data_folder.rglob("*"), *database.parent.glob(f"{database.name}*")]
    assert database in files
    for content in (*texts, *(path.read_bytes() for path in files if path.is_file())):
        assert not any(spelling in content for spelling in SPELLINGS)


def test_from_the_test_of_the_connection_to_an_answer(
    cluster: TlsCluster, owner: User, owner_client: Client, data_folder: Path, said: pytest.LogCaptureFixture
) -> None:
    estimate = draft(owner, recording(1.0, 200))
    looked = submit(owner_client, estimate, typed(cluster, test="1", confirmed=""), hx_request="true").content
    for words in ("Connected.", "Nothing was written", "Redis 7.0.15", "cluster of 3 shards", "TLSv1.3"):
        assert words in looked.decode()
    assert cluster.keys() == {THEIRS}
    started = submit(owner_client, estimate, typed(cluster))
    run = ExternalRun.objects.get()
    assert started.headers["Location"] == reverse("external:detail", args=[run.pk])
    assert run.sealed
    require_nowhere(data_folder, looked, owner_client.get(started.headers["Location"]).content)
    services.measure_run(run_id=run.pk)
    run = ExternalRun.objects.get()
    assert (run.job.state, run.job.error, run.sealed) == (Job.State.DONE, "", "")
    assert run.measurement is not None and run.gaps is not None
    assert (run.measurement["operations"]["ok"], run.measurement["removed_keys"]) == (200, 200)
    assert run.gaps["data_written"]["tag"] == "predicted"
    # By hand, line ends included: *3 4, $3 SET 9, $5 4, the name and 2, $5 value 11: 30 bytes and the name.
    assert run.gaps["data_written"]["bytes"] == sum(30 + len(f"key:{n}") for n in range(200))
    assert cluster.keys() == {THEIRS}
    page = owner_client.get(reverse("external:detail", args=[run.pk])).content
    for words in ("PSYNC", "BGSAVE", "predicted", "Measure on this machine too", "Agreed to before it began"):
        assert words in page.decode()
    estimates.set_run(estimate=estimate, run=same_recording(run, measured(run.trace)), measure={})
    estimate = Estimate.objects.get()
    assert estimates.compute(estimate=estimate, now=timezone.now()), estimate.error
    answer = owner_client.get(reverse("estimates:detail", args=[estimate.pk])).content
    exported = owner_client.get(reverse("external:json", args=[run.pk])).content
    assert b"Redis 7.0.15" in page
    document = Estimate.objects.get().document
    assert (
        document is not None
        and document["measurement"]["latency_from"]["target"] == f"rediss://{USER}:***@localhost:{cluster.ports[-1]}"
    )
    require_nowhere(data_folder, page, answer, exported, said.text.encode())


def same_recording(there: ExternalRun, local: Any) -> Any:
    """The run here as if it were of the very recording that was replayed there."""
    assert there.measurement is not None
    local.measurement["trace_sha256"] = there.measurement["trace_sha256"]
    local.save(update_fields=["measurement"])
    return local


def started(client: Client, estimate: Estimate, fields: dict[str, object]) -> ExternalRun:
    assert submit(client, estimate, fields).status_code == 302
    return ExternalRun.objects.select_related("job").get()


def meanwhile(run: ExternalRun, act: Callable[[], None]) -> ExternalRun:
    """Measure in a worker's thread, and do something once it replays."""

    def work() -> None:
        try:
            services.measure_run(run_id=run.pk)
        finally:
            connection.close()

    worker = threading.Thread(target=work)
    worker.start()
    try:
        wait_until(
            lambda: Job.objects.get(pk=run.job_id).done > 50 and Job.objects.get(pk=run.job_id).phase == "replay",
            "replay",
        )
        act()
    finally:
        worker.join()
    return ExternalRun.objects.select_related("job").get(pk=run.pk)


def test_the_stop_switch_says_what_was_removed_and_the_run_can_begin_again_with_the_password(
    cluster: TlsCluster, owner: User, owner_client: Client, data_folder: Path, said: pytest.LogCaptureFixture
) -> None:
    run = started(owner_client, draft(owner, recording(20.0, 2000)), typed(cluster))
    stopped = meanwhile(run, lambda: services.cancel(run=run))
    assert (stopped.job.state, stopped.sealed) == (Job.State.CANCELLED, "")
    assert "All keys of ours were removed (" in stopped.job.error
    assert cluster.keys() == {THEIRS}
    assert services.can_resume(stopped)
    owner_client.post(reverse("jobs:resume", args=[stopped.job_id]))  # the general button knows no password
    services.measure_run(run_id=run.pk)
    stopped = ExternalRun.objects.get()
    assert (stopped.job.state, stopped.job.error) == (
        Job.State.INTERRUPTED,
        "The password is no longer kept. Type it again to begin.",
    )
    owner_client.post(reverse("external:resume", args=[run.pk]), {"password": PASSWORD})
    resumed = ExternalRun.objects.get()
    assert (resumed.job.state, services._opened(resumed)) == (Job.State.QUEUED, PASSWORD)
    require_nowhere(data_folder, said.text.encode())


def test_a_service_that_refuses_what_memorydb_refuses(cluster: TlsCluster, owner: User, owner_client: Client) -> None:
    cluster.everywhere("ACL", "SETUSER", USER, "reset", "on", f">{PASSWORD}", *MEMORYDB.split())
    try:
        estimate = draft(owner, recording(0.2, 100))
        looked = submit(owner_client, estimate, typed(cluster, test="1"), hx_request="true").content.decode()
        run = started(owner_client, estimate, typed(cluster))
        services.measure_run(run_id=run.pk)
    finally:
        cluster.everywhere("ACL", "SETUSER", USER, "reset", "on", f">{PASSWORD}", *RIGHTS.split())
    assert "<code>MEMORY USAGE</code>: memory by key family is not measured" in looked
    run = ExternalRun.objects.get()
    assert (run.job.state, run.job.error) == (Job.State.DONE, "")
    assert run.measurement is not None and run.gaps is not None
    assert (run.measurement["operations"]["ok"], run.measurement["families"]) == (100, None)
    assert (run.gaps["memory"]["keys"], run.gaps["memory"]["tag"]) == (100, "assumed")
    page = owner_client.get(reverse("external:detail", args=[run.pk])).content.decode()
    assert "MEMORY USAGE" in page and "at most about" in page and "badge-assumed" in page


@pytest.mark.parametrize(
    ("field", "value", "words"), [("password", "wrong-word", "refused the sign-in"), ("ca", "", "TLS failed")]
)
def test_what_keeps_one_out_is_said_in_the_words_of_the_page(
    cluster: TlsCluster, owner: User, owner_client: Client, field: str, value: str, words: str
) -> None:
    page = submit(owner_client, draft(owner, recording(0.1, 10)), typed(cluster, test="1", **{field: value})).content
    assert words in page.decode()
    assert (
        b"wrong-word" not in page
        and b"HEADROOM_TARGET" not in page
        and b"--" not in page.split(b"No connection")[1][:600]
    )


def test_a_cluster_that_names_a_forbidden_node_is_not_entered(
    cluster: TlsCluster, owner: User, owner_client: Client, settings: Any
) -> None:
    """The first node may be reached by its name; the names that CLUSTER SLOTS answers lead elsewhere."""
    settings.HEADROOM_EXTERNAL_ALLOW = "localhost"
    cluster.everywhere("CONFIG", "SET", "cluster-announce-hostname", "169.254.169.254")
    try:
        page = submit(owner_client, draft(owner, recording(0.1, 10)), typed(cluster, test="1")).content.decode()
    finally:
        cluster.everywhere("CONFIG", "SET", "cluster-announce-hostname", "localhost")
    assert "leads to a link-local or metadata address" in page
