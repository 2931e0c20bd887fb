"""Filters for the pages that show a job."""

from __future__ import annotations

from urllib.parse import urlsplit

from django import template
from django.http import HttpRequest

from planner.jobs import gauges, wording
from planner.jobs.models import Job

register = template.Library()


@register.filter
def job_title(job: Job) -> str:
    """The phase while it runs, the state otherwise."""
    if job.state == Job.State.RUNNING:
        return "Stopping" if job.cancel_requested else wording.phase_title(job.phase)
    return wording.STATES[job.state]


@register.filter
def job_gauges(job: Job) -> tuple[gauges.Gauge, ...]:
    """The live figures with their units."""
    return gauges.gauges(job.gauges)


@register.filter
def job_count(job: Job) -> str:
    """How much of how much: `1,200 of 5,000 operations`."""
    return f"{job.done:,}{f' of {job.total:,}' if job.total else ''} {job.unit}"


@register.filter
def page_path(request: HttpRequest) -> str:
    """The page the person is looking at: for a polled part that is not the address the part was asked from."""
    if not request.headers.get("HX-Request"):
        return request.get_full_path()
    page = urlsplit(request.headers.get("HX-Current-URL", ""))
    return f"{page.path}?{page.query}" if page.query else page.path
