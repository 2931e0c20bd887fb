"""Pages of price lists: everybody signed in sees them, staff change them, a stranger sees nothing."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from planner.accounts.services import local_user
from planner.prices import forms
from planner.pricing import lists
from planner.pricing.quote import quote
from tests.planner.pricing.offers import making
from tests.planner.pricing.offers.making import Sku, memorydb

NODE = memorydb("db.r6g.large", "0.5")


@pytest.fixture
def staff_client(owner: User) -> Client:
    """Somebody who may import."""
    owner.is_staff = True
    owner.save()
    client = Client()
    client.force_login(owner)
    return client


def offer(*skus: Sku) -> SimpleUploadedFile:
    data = json.dumps(making.bulk("AmazonMemoryDB", skus or [NODE])).encode()
    return SimpleUploadedFile("offer.json", data)


def monthly() -> Decimal:
    return quote({"design": "memorydb-valkey", "node_type": "db.r6g.large"}).monthly_usd


def test_an_upload_leads_to_what_it_changes_and_the_button_makes_it_current(staff_client: Client) -> None:
    response = staff_client.post("/prices/upload/", {"offer": offer()}, follow=True)
    page = response.content.decode()
    assert "0.2163" in page
    assert "+131.16 %" in page  # 0.5 / 0.2163
    assert monthly() == Decimal("157.899")
    one = lists.kept()[0]
    response = staff_client.post(f"/prices/AmazonMemoryDB/{one.id}/use/", follow=True)
    assert "is priced from the list" in response.content.decode()
    assert monthly() == 365
    staff_client.post("/prices/AmazonMemoryDB/bundled/use/")
    assert monthly() == Decimal("157.899")


def test_the_list_page_shows_age_shares_and_a_warning(staff_client: Client) -> None:
    staff_client.post("/prices/upload/", {"offer": offer()})
    page = staff_client.get("/prices/").content.decode()
    for words in (lists.kept()[0].id, "memorydb_prices.csv", "rds_nodes.csv", "Derived", "more than 90 days old"):
        assert words in page


def test_a_bad_file_is_refused_on_the_page_and_nothing_is_kept(staff_client: Client) -> None:
    strange = Sku("A1", "Moon Rays", {"usagetype": "Rays"}, [])
    response = staff_client.post("/prices/upload/", {"offer": offer(NODE, strange)})
    assert response.status_code == 422
    assert "Moon Rays" in response.content.decode()
    assert lists.kept() == ()
    response = staff_client.post("/prices/upload/", {"offer": offer(NODE, strange), "skip": "Moon Rays, "}, follow=True)
    assert response.status_code == 200
    assert len(lists.kept()) == 1


def test_a_file_too_large_for_a_page_is_sent_to_the_command(
    staff_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forms, "MOST_BYTES", 10)
    response = staff_client.post("/prices/upload/", {"offer": offer()})
    assert response.status_code == 422
    assert "manage.py prices import FILE" in response.content.decode()


def test_others_see_the_lists_and_change_nothing(staff_client: Client, teammate_client: Client) -> None:
    staff_client.post("/prices/upload/", {"offer": offer()})
    one = lists.kept()[0]
    page = teammate_client.get("/prices/")
    assert page.status_code == 200
    assert "<form" not in page.content.decode().replace('<form method="post" action="/accounts/sign-out/">', "")
    assert teammate_client.get(f"/prices/AmazonMemoryDB/{one.id}/").status_code == 404
    assert teammate_client.post(f"/prices/AmazonMemoryDB/{one.id}/use/").status_code == 404
    assert teammate_client.post("/prices/upload/", {"offer": offer()}).status_code == 404
    assert lists.current() == ()


@pytest.mark.parametrize("path", ["/prices/", "/prices/AmazonMemoryDB/20260401120000-00000000/"])
def test_a_stranger_sees_nothing(stranger: Client, path: str) -> None:
    response = stranger.get(path)
    assert response.status_code == 302
    assert response.headers["Location"].startswith("/accounts/")


@pytest.mark.parametrize("path", ["AmazonMemoryDB/20260401120000-00000000", "AmazonS3/1", "AmazonS3/bundled"])
def test_a_list_that_is_not_there_is_404(staff_client: Client, path: str) -> None:
    assert staff_client.get(f"/prices/{path}/").status_code == 404
    assert staff_client.post(f"/prices/{path}/use/").status_code == 404


def test_the_person_at_this_machine_is_staff_and_others_are_not(db: None) -> None:
    assert local_user().is_staff
    assert not local_user(username="somebody").is_staff


def test_lists_that_cannot_be_read_are_said_on_the_page(staff_client: Client, data_folder: Path) -> None:
    (data_folder / "prices").mkdir(exist_ok=True)
    (data_folder / "prices" / lists.CURRENT).write_text("{")
    staff_client.post("/prices/upload/", {"offer": offer()})
    page = staff_client.get("/prices/")
    assert page.status_code == 200
    assert "memorydb_prices.csv" in page.content.decode()
