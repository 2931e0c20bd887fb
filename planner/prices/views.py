"""Pages of price lists. Everybody who is signed in sees the lists; staff import, compare and choose. Others get 404."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from engine.errors import InputError
from planner.prices import presentation, services
from planner.prices.forms import OfferForm
from planner.prices.presentation import ImportedRow
from planner.pricing import lists
from planner.pricing.lists import BUNDLED, ImportedList
from planner.pricing.offers.services import SERVICES
from planner.sizing.flags import STALE_DAYS


@never_cache
@require_GET
def index(request: HttpRequest) -> HttpResponse:
    """Every list with its age, provenance and regions."""
    return _list_page(request, OfferForm())


@never_cache
@require_POST
def upload(request: HttpRequest) -> HttpResponse:
    """Read a file and keep it; leads to what it would change. Nothing is priced from it yet."""
    _require_staff(request)
    form = OfferForm(request.POST, request.FILES)
    if not form.is_valid():
        return _list_page(request, form, status=422)
    file = form.cleaned_data["offer"]
    try:
        path = Path(file.temporary_file_path())
        reading = services.read(path, name=file.name or "the file", skip_families=form.cleaned_data["skip"])
        one = services.keep(reading, today=timezone.now().date())
    except InputError as error:
        form.add_error("offer", str(error))
        return _list_page(request, form, status=422)
    return redirect("prices:detail", service=one.service, version=one.id)


@never_cache
@require_GET
def detail(request: HttpRequest, service: str, version: str) -> HttpResponse:
    """What making a list current would change."""
    _require_staff(request)
    one = _found(service, version)
    found = services.differences(one)
    context = {
        "row": presentation.imported_row(one, timezone.now().date()),
        "found": found,
        "sections": presentation.sections(found),
        "most": presentation.MOST_ROWS,
        "stale_days": STALE_DAYS,
    }
    return render(request, "prices/detail.html", context)


@require_POST
def use(request: HttpRequest, service: str, version: str) -> HttpResponse:
    """Price from a list from now on; `bundled` goes back."""
    _require_staff(request)
    if version != BUNDLED:
        version = _found(service, version).id
    elif service not in SERVICES:
        raise Http404
    try:
        services.use(service, version)
    except InputError as error:
        messages.error(request, str(error))
        return redirect("prices:list")
    what = "the bundled lists alone" if version == BUNDLED else f"the list {version}"
    messages.success(request, f"{service} is priced from {what} from now on. Finished estimates keep their prices.")
    return redirect("prices:list")


def _list_page(request: HttpRequest, form: OfferForm, *, status: int = 200) -> HttpResponse:
    today = timezone.now().date()
    imported, trouble = _imported(today)
    bundled = list(presentation.bundled(today))
    context: dict[str, Any] = {
        "imported": imported,
        "bundled": bundled,
        "used_services": sorted({row.list.service for row in imported if row.current}),
        "old": [row.list.service for row in imported if row.stale and row.current]
        + [row.name for row in bundled if row.stale],
        "stale_days": STALE_DAYS,
        "trouble": trouble,
        "form": form if _is_staff(request) else None,
        "services": ", ".join(service.title for service in SERVICES.values()),
    }
    return render(request, "prices/list.html", context, status=status)


def _imported(today: date) -> tuple[list[ImportedRow], str]:
    """The imported lists, or why they cannot be shown."""
    try:
        return list(presentation.imported(today)), ""
    except InputError as error:
        return [], str(error)


def _is_staff(request: HttpRequest) -> bool:
    return bool(getattr(request.user, "is_staff", False))


def _require_staff(request: HttpRequest) -> None:
    if not _is_staff(request):
        raise Http404


def _found(service: str, version: str) -> ImportedList:
    try:
        return lists.find(service, version)
    except InputError as error:
        raise Http404(str(error)) from error
