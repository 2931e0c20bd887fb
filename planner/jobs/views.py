"""A job's page: where it stands, and the buttons that stop it or start it again. Anybody but its owner gets 404."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from planner.jobs import services
from planner.jobs.models import Job


@never_cache
@require_GET
def job(request: HttpRequest, job_id: UUID) -> HttpResponse:
    """The page, or the part that polling replaces. Once the job is over, polling is told to load the page anew."""
    found = _own_job(request, job_id)
    if not request.headers.get("HX-Request"):
        return render(request, "jobs/job.html", {"job": found})
    response = render(request, "jobs/_progress.html", {"job": found})
    if found.is_over:
        response.headers["HX-Refresh"] = "true"
    return response


@require_POST
def cancel(request: HttpRequest, job_id: UUID) -> HttpResponse:
    """Stop it."""
    found = _own_job(request, job_id)
    services.cancel(found)
    return redirect(_next(request, found))


@require_POST
def resume(request: HttpRequest, job_id: UUID) -> HttpResponse:
    """Start it again where it stopped."""
    found = _own_job(request, job_id)
    services.resume(found)
    return redirect(_next(request, found))


def _own_job(request: HttpRequest, job_id: UUID) -> Job:
    return get_object_or_404(Job, pk=job_id, owner_id=request.user.pk)


def _next(request: HttpRequest, found: Job) -> str:
    """Back to the page the button stood on, if that is one of ours."""
    wanted = request.POST.get("next", "")
    if url_has_allowed_host_and_scheme(wanted, allowed_hosts=None, require_https=request.is_secure()):
        return wanted
    return reverse("jobs:job", args=[found.pk])
