"""The step Workload with files: in any number, with what is said beside them, and never more than allowed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils.html import escape

from planner.estimates import services as estimates
from planner.estimates.models import Estimate
from planner.traces.models import Trace
from tests.planner.traces.making import brought_in, recording


def page(name: str, estimate: Estimate) -> str:
    return reverse(f"wizard:{name}", args=[estimate.pk])


def upload(client: Client, estimate: Estimate, *contents: bytes, name: str = "shop.txt", **said: str) -> Any:
    files = [SimpleUploadedFile(name, content) for content in contents]
    return client.post(page("upload", estimate), {"recording": files, **said})


@pytest.fixture
def draft(owner: User) -> Estimate:
    return estimates.create(owner=owner)


def test_an_upload_becomes_the_drafts_workload_and_its_profile_is_shown(draft: Estimate, owner_client: Client) -> None:
    assert upload(owner_client, draft, recording()).headers["Location"] == page("workload", draft)
    trace = Trace.objects.get()
    assert b"hx-get" in owner_client.get(page("workload", draft)).content
    brought_in(trace)
    draft.refresh_from_db()
    assert (draft.trace, draft.name) == (trace, "shop.txt")
    assert owner_client.get(page("workload", draft)).context["profile"].raw["operations"] == 200


def test_an_empty_file_is_refused_at_once(draft: Estimate, owner_client: Client) -> None:
    response = upload(owner_client, draft, b"")
    assert response.status_code == 422
    assert "The file is empty" in response.content.decode()
    assert not Trace.objects.exists()


def test_no_file_is_refused_at_once(draft: Estimate, owner_client: Client) -> None:
    response = owner_client.post(page("upload", draft), {})
    assert response.status_code == 422 and "Choose a file first" in response.content.decode()


def test_a_file_over_the_limit_is_refused_with_both_sizes_and_leaves_nothing(
    draft: Estimate, owner_client: Client, settings: Any, data_folder: Path
) -> None:
    settings.HEADROOM_UPLOAD_MAX_BYTES = 1024
    response = upload(owner_client, draft, b"x" * 2048)
    assert response.status_code == 422
    assert "2 KiB; the limit is 1 KiB" in response.content.decode()
    response.wsgi_request.close()  # as the server does once the answer is sent
    assert list((data_folder / "uploads").iterdir()) == []
    assert not Trace.objects.exists()


def test_a_teammate_cannot_upload_into_it(draft: Estimate, teammate_client: Client) -> None:
    assert upload(teammate_client, draft, recording()).status_code == 404
    assert not Trace.objects.exists()


def test_several_files_are_one_workload(draft: Estimate, owner_client: Client) -> None:
    upload(owner_client, draft, recording(100), recording(60))
    trace = Trace.objects.get()
    assert len(trace.files) == len(list(trace.upload_paths)) == 2
    assert [path.stat().st_size for path in trace.upload_paths] == [len(recording(100)), len(recording(60))]


def test_files_are_redacted_unless_somebody_ticks_that_they_are_not_to_be(
    draft: Estimate, owner_client: Client
) -> None:
    upload(owner_client, draft, recording())
    upload(owner_client, draft, recording(), as_it_is="on")
    assert [trace.options["redact"] for trace in Trace.objects.order_by("created_at")] == [True, False]


def test_words_to_keep_and_the_duration_are_kept_as_said(draft: Estimate, owner_client: Client) -> None:
    upload(owner_client, draft, recording(), keep_words="basket, invoice  basket", duration_s="90")
    assert Trace.objects.get().options == {"redact": True, "keep_words": ["basket", "invoice"], "duration_s": 90.0}


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"keep_words": "x" * 65}, "longer than 64"),
        ({"keep_words": " ".join(map(str, range(201)))}, "the limit is 200"),
        ({"duration_s": "0"}, "greater than or equal to 0.001"),
        ({"duration_s": "-1"}, "greater than or equal to 0.001"),
        ({"duration_s": "nan"}, "Enter a number"),
    ],
)
def test_what_cannot_be_an_option_is_named_beside_its_field_and_nothing_is_kept(
    draft: Estimate, owner_client: Client, said: dict[str, str], why: str
) -> None:
    response = upload(owner_client, draft, recording(), **said)
    assert response.status_code == 422 and why in response.content.decode()
    assert list(response.context["form"].errors) == list(said)
    assert not Trace.objects.exists()


def test_one_empty_file_among_others_is_refused(draft: Estimate, owner_client: Client) -> None:
    response = upload(owner_client, draft, recording(), b"")
    assert response.status_code == 422 and "The file is empty" in response.content.decode()


def test_files_that_are_too_large_together_are_refused_with_their_size(
    draft: Estimate, owner_client: Client, settings: Any, data_folder: Path
) -> None:
    settings.HEADROOM_UPLOAD_MAX_BYTES = 3 * 1024
    response = upload(owner_client, draft, b"x" * 2048, b"y" * 2048)
    assert response.status_code == 422
    assert "The 2 files together have 4 KiB; the limit is 3 KiB" in response.content.decode()
    response.wsgi_request.close()
    assert list((data_folder / "uploads").iterdir()) == []


def test_of_files_that_are_too_large_together_no_more_than_the_limit_ever_lies_on_disk(
    draft: Estimate, owner_client: Client, settings: Any, data_folder: Path
) -> None:
    settings.HEADROOM_UPLOAD_MAX_BYTES = 100_000
    response = upload(owner_client, draft, b"x" * 90_000, b"y" * 90_000)
    assert sum(path.stat().st_size for path in (data_folder / "uploads").iterdir()) <= 100_000
    response.wsgi_request.close()


def test_more_files_than_allowed_are_refused_in_words(draft: Estimate, owner_client: Client, settings: Any) -> None:
    settings.HEADROOM_UPLOAD_MAX_FILES = 3
    response = upload(owner_client, draft, *[b"x"] * 4)
    assert response.status_code == 422
    assert "These are 4 files; the limit is 3" in response.content.decode()


def test_names_are_never_paths(draft: Estimate, owner_client: Client, data_folder: Path) -> None:
    upload(owner_client, draft, recording(), name="..\\..\\etc\\passwd")
    trace = Trace.objects.get()
    assert trace.files == ["passwd"]
    assert [path.name for path in (data_folder / "uploads").iterdir()] == [f"{trace.pk}.0"]


def test_every_format_that_can_be_read_is_named_and_explained(draft: Estimate, owner_client: Client) -> None:
    sources = owner_client.get(page("workload", draft))
    explained = owner_client.get(reverse("traces:formats")).content.decode()
    assert reverse("traces:formats") in sources.content.decode()
    for format in sources.context["formats"]:
        assert explained.count(f"<h2>{escape(format.name)}</h2>") == 1
        assert escape(format.name) in sources.content.decode()
