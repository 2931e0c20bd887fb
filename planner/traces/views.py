"""Pages of recordings: the list, one recording with its profile, and what can be done with it. Strangers get 404."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from planner.traces import services
from planner.traces.formats import FORMATS
from planner.traces.forms import MatchingForm
from planner.traces.models import Trace
from planner.traces.presentation import page_context


@never_cache
@require_GET
def index(request: HttpRequest) -> HttpResponse:
    """Every recording of this person."""
    return render(request, "traces/list.html", {"traces": services.visible_to(request.user)})


@require_GET
def formats(request: HttpRequest) -> HttpResponse:
    """What each format can and cannot tell."""
    return render(request, "traces/formats.html", {"formats": FORMATS})


@never_cache
@require_GET
def detail(request: HttpRequest, trace_id: UUID) -> HttpResponse:
    """One recording: how reading it goes, then what is in it."""
    return render(request, "traces/detail.html", page_context(_own_trace(request, trace_id)))


@never_cache
@require_GET
def status(request: HttpRequest, trace_id: UUID) -> HttpResponse:
    """What polling replaces; once the import is over the page is loaded anew."""
    trace = _own_trace(request, trace_id)
    response = render(request, "traces/_live.html", page_context(trace))
    if trace.job.is_over:
        response.headers["HX-Refresh"] = "true"
    return response


@require_POST
def cancel(request: HttpRequest, trace_id: UUID) -> HttpResponse:
    """Ask the import to stop."""
    trace = _own_trace(request, trace_id)
    services.cancel(trace=trace)
    return redirect("traces:detail", trace_id=trace.pk)


@require_POST
def resume(request: HttpRequest, trace_id: UUID) -> HttpResponse:
    """Read it again after an interruption."""
    trace = _own_trace(request, trace_id)
    if trace.can_resume:
        services.resume(trace=trace)
    return redirect("traces:detail", trace_id=trace.pk)


@never_cache
@require_POST
def matching(request: HttpRequest, trace_id: UUID) -> HttpResponse:
    """Have a workload generated that matches these figures; leads to it."""
    trace = get_object_or_404(services.visible_to(request.user), pk=trace_id, shape__isnull=False)
    form = MatchingForm(request.POST)
    if not form.is_valid():
        return render(request, "traces/detail.html", page_context(trace) | {"matching": form}, status=422)
    made = services.import_matching(summary=trace, **form.cleaned_data)
    return redirect("traces:detail", trace_id=made.pk)


@never_cache
def delete(request: HttpRequest, trace_id: UUID) -> HttpResponse:
    """Ask, then delete the recording, its runs, and every file of them. Estimates keep their frozen answers."""
    trace = _own_trace(request, trace_id)
    if request.method != "POST":
        return render(request, "traces/delete.html", {"trace": trace, "runs": trace.runs.count()})
    if services.is_busy(trace):
        messages.warning(request, "This recording is being read or replayed. Cancel that first, then delete it.")
        return redirect("traces:detail", trace_id=trace.pk)
    services.delete(trace=trace)
    messages.success(request, "The recording, its runs and their files were deleted.")
    return redirect("traces:list")


def _own_trace(request: HttpRequest, trace_id: UUID) -> Trace:
    return get_object_or_404(services.visible_to(request.user), pk=trace_id)
