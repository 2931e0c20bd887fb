"""Pages of a run: live while it goes on, its measurement afterwards. Anybody but its owner gets 404."""

from __future__ import annotations

from functools import partial
from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from engine.partial import to_json
from planner.reports.facts_memory import memory_view
from planner.reports.facts_written import written_view
from planner.runs import comparison, presentation, services
from planner.runs.deleting import ask_then_delete
from planner.runs.models import Run


@never_cache
@require_GET
def detail(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """The run. With `follow`, as the page reloads itself without JavaScript, a finished run leads to its answer."""
    run = _own_run(request, run_id)
    services.wake(run=run)
    services.remind(run=run, now=timezone.now())
    answer = _answer_url(run)
    if answer and "follow" in request.GET:
        return redirect(answer)
    context = _live_context(run) | {"answer_url": answer}
    if (found := services.measurement_of(run)) is not None:
        context |= {
            "measurement": found,
            "latency": presentation.latency_tables(found),
            "accounts_for_growth": presentation.accounts_for_growth(found),
            "charts": presentation.measurement_charts(found),
            "ramp": presentation.ramp(found),
            "other": comparison.other_mode(run, found),
            "memory": memory_view(found, presentation.keys_share(run)),
            "snapshot": presentation.snapshot_view(found),
            "written": written_view(found),
        }
    elif (kept := services.partial_of(run)) is not None:
        context |= {"partial": kept, "latency": presentation.latency_tables(kept)}
    return render(request, "runs/detail.html", context)


@never_cache
@require_GET
def status(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """What polling replaces. Once nothing more will happen, the page goes on to the answer or is loaded anew."""
    run = _own_run(request, run_id)
    services.wake(run=run)
    services.remind(run=run, now=timezone.now())
    response = render(request, "runs/_live.html", _live_context(run))
    if not _is_live(run):
        answer = _answer_url(run)
        response.headers["HX-Redirect"] = answer or reverse("runs:detail", args=[run.pk])
    return response


@require_POST
def cancel(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """Ask it to stop."""
    run = _own_run(request, run_id)
    services.cancel(run=run)
    return redirect("runs:detail", run_id=run.pk)


@require_POST
def resume(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """Go on where it stopped."""
    run = _own_run(request, run_id)
    services.resume(run=run)
    return redirect("runs:detail", run_id=run.pk)


@require_POST
def other_mode(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """Measure the same in the other mode too, and go there."""
    run = _own_run(request, run_id)
    if run.measurement is None:
        return redirect("runs:detail", run_id=run.pk)
    return redirect("runs:detail", run_id=services.measure_in_other_mode(run=run).pk)


@require_http_methods(["GET", "POST"])
def delete(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """Ask, then delete."""
    run = _own_run(request, run_id)
    return ask_then_delete(
        request,
        run,
        run.job,
        area="runs",
        cancel=partial(services.cancel, run=run),
        delete=partial(services.delete, run=run),
        deleted="The run and its files were deleted.",
    )


@require_GET
def as_json(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """The measurement as data."""
    run = _own_run(request, run_id)
    if run.measurement is None:
        raise Http404("This run has not measured anything yet.")
    headers = {"Content-Disposition": f'attachment; filename="measurement-{run.pk}.json"'}
    return JsonResponse(run.measurement, headers=headers, json_dumps_params={"indent": 2})


@require_GET
def partial_as_json(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """What had been measured when the run was ended, as data."""
    run = _own_run(request, run_id)
    if (kept := services.partial_of(run)) is None:
        raise Http404("This run left no partial result.")
    headers = {"Content-Disposition": f'attachment; filename="partial-{run.pk}.json"'}
    return JsonResponse(to_json(kept), headers=headers, json_dumps_params={"indent": 2})


def _own_run(request: HttpRequest, run_id: UUID) -> Run:
    return get_object_or_404(services.visible_to(request.user), pk=run_id)


def _is_live(run: Run) -> bool:
    """Whether the page changes by itself: the run goes on, or its answer is about to be computed."""
    waits_for_answer = run.measurement is not None and services.is_awaited(run)
    return not run.job.is_over or waits_for_answer


def _answer_url(run: Run) -> str:
    """Where the answer that rests on this run is; empty when there is none (yet)."""
    if services.is_awaited(run):
        return ""
    estimate = run.estimates.filter(document__isnull=False).order_by("-updated_at").first()
    return reverse("estimates:detail", args=[estimate.pk]) if estimate else ""


def _live_context(run: Run) -> dict[str, Any]:
    return {
        "run": run,
        "job": run.job,
        "live": _is_live(run),
        "steps": presentation.steps(run),
        "sparklines": presentation.sparklines(run),
        "can_resume": services.can_resume(run),
        "estimate": run.estimates.order_by("-updated_at").first(),
    }
