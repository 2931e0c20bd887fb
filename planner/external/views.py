"""Pages of a run on somebody's own cluster. Anybody but the person who asked for it gets 404."""

from __future__ import annotations

from functools import partial
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from planner.external import presentation, services
from planner.external.forms import ResumeForm
from planner.external.models import ExternalRun
from planner.runs.deleting import ask_then_delete
from planner.runs.presentation import latency_tables


@never_cache
@require_GET
def detail(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """The run: live while it goes on, what was measured and what was not afterwards."""
    return _page(request, _own_run(request, run_id), ResumeForm())


@never_cache
@require_GET
def status(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """What polling replaces; once it is over the page is loaded anew."""
    run = _own_run(request, run_id)
    response = render(request, "external/_live.html", _live_context(run))
    if run.job.is_over:
        response.headers["HX-Redirect"] = reverse("external:detail", args=[run.pk])
    return response


@require_POST
def cancel(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """The stop switch."""
    run = _own_run(request, run_id)
    services.cancel(run=run)
    return redirect("external:detail", run_id=run.pk)


@sensitive_variables()
@sensitive_post_parameters()
@require_POST
def resume(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """Begin again, with the password typed anew."""
    run = _own_run(request, run_id)
    form = ResumeForm(request.POST)
    if not form.is_valid():
        return _page(request, run, form, status=422)
    services.resume(run=run, **form.cleaned_data)
    return redirect("external:detail", run_id=run.pk)


@require_POST
def forget(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """Delete the kept password."""
    run = _own_run(request, run_id)
    services.forget(run=run)
    messages.success(request, "The password of this run was deleted.")
    return redirect("external:detail", run_id=run.pk)


@require_http_methods(["GET", "POST"])
def delete(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """Ask, then delete."""
    run = _own_run(request, run_id)
    return ask_then_delete(
        request,
        run,
        run.job,
        area="external",
        cancel=partial(services.cancel, run=run),
        delete=partial(services.delete, run=run),
        deleted="The run was deleted.",
    )


@require_GET
def as_json(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """What was measured, and what stands in the place of the rest, as data."""
    run = _own_run(request, run_id)
    if run.measurement is None:
        raise Http404("This run has not measured anything yet.")
    headers = {"Content-Disposition": f'attachment; filename="external-measurement-{run.pk}.json"'}
    data = {**run.measurement, "not_measured_instead": run.gaps}
    return JsonResponse(data, headers=headers, json_dumps_params={"indent": 2})


def _page(request: HttpRequest, run: ExternalRun, form: ResumeForm, *, status: int = 200) -> HttpResponse:
    context = _live_context(run) | {"resume_form": form}
    if (found := services.measurement_of(run)) is not None:
        gaps = services.gaps_of(run)
        context |= {
            "measurement": found,
            "gaps": gaps,
            "missing": presentation.missing(found, gaps, services.local_measurement(run)),
            "latency": latency_tables(found),
            "execution": presentation.execution_rows(found),
            "charts": presentation.measurement_charts(found),
        }
    return render(request, "external/detail.html", context, status=status)


def _own_run(request: HttpRequest, run_id: UUID) -> ExternalRun:
    return get_object_or_404(services.visible_to(request.user), pk=run_id)


def _live_context(run: ExternalRun) -> dict[str, Any]:
    return {
        "run": run,
        "job": run.job,
        "live": not run.job.is_over,
        "steps": presentation.steps(run),
        "sparklines": presentation.sparklines(run),
        "can_resume": services.can_resume(run),
        "estimate": run.estimates.order_by("-updated_at").first(),
    }
