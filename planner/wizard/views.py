"""The pages of the wizard. Every step keeps what was typed and can be left and come back to; strangers get 404."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.files.uploadedfile import TemporaryUploadedFile
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from engine.errors import InputError
from planner.estimates import services as estimates
from planner.estimates.models import Estimate
from planner.runs.cluster import engine_choices
from planner.traces import services as traces
from planner.traces.presentation import page_context
from planner.wizard import presentation, services, steps
from planner.wizard.forms import AnswersForm, CompareForm, MeasureForm, ScaleForm, UploadForm


@require_POST
def start(request: HttpRequest) -> HttpResponse:
    """A new draft, at its first step."""
    estimate = estimates.create(owner=request.user)
    return redirect("wizard:workload", estimate_id=estimate.pk)


@require_POST
def sample(request: HttpRequest) -> HttpResponse:
    """Everything by default on the bundled sample; the run page leads to the answer."""
    run = services.try_sample(owner=request.user)
    return redirect("runs:detail", run_id=run.pk)


@never_cache
@require_http_methods(["GET", "POST"])
def workload(request: HttpRequest, estimate_id: UUID) -> HttpResponse:
    """Choose a recording: the sample or one brought earlier. Uploads have their own address."""
    estimate = _own_draft(request, estimate_id)
    if request.method == "POST":
        if request.POST.get("choice") == "sample":
            services.use_sample(estimate=estimate)
        else:
            trace = get_object_or_404(traces.visible_to(request.user), pk=_uuid(request.POST.get("trace", "")))
            estimates.choose_trace(estimate=estimate, trace=trace)
        return redirect("wizard:workload", estimate_id=estimate.pk)
    return _workload_page(request, estimate, UploadForm())


@require_POST
def upload(request: HttpRequest, estimate_id: UUID) -> HttpResponse:
    """Take an upload over and start reading it."""
    estimate = _own_draft(request, estimate_id)
    form = UploadForm(request.POST, request.FILES)
    if not form.is_valid():
        return _workload_page(request, estimate, form, status=422)
    arrived: TemporaryUploadedFile = form.cleaned_data["recording"]
    services.upload(
        estimate=estimate,
        name=arrived.name or "",
        temporary=Path(arrived.temporary_file_path()),
        now=timezone.now(),
    )
    return redirect("wizard:workload", estimate_id=estimate.pk)


@never_cache
@require_http_methods(["GET", "POST"])
def measure(request: HttpRequest, estimate_id: UUID) -> HttpResponse:
    """Choose the cluster and start the run, or go on with the run there is."""
    estimate = _own_draft(request, estimate_id)
    engines = engine_choices()
    form = MeasureForm(request.POST or None, engines=engines, initial=MeasureForm.start(estimate.measure, engines))
    if request.method == "POST" and form.is_valid():
        if estimate.trace is not None and estimate.trace.is_ready:
            run = services.start_run(estimate=estimate, cluster=form.cluster())
            return redirect("runs:detail", run_id=run.pk)
        estimates.save_measure(estimate=estimate, measure=services.as_typed(form.cluster()))
        return redirect("wizard:workload", estimate_id=estimate.pk)
    extra = {"form": form, "engines": engines, "plan": presentation.replay_plan(estimate, form)}
    return _page(request, estimate, steps.MEASURE, extra, status=422 if form.is_bound else 200)


@never_cache
@require_http_methods(["GET", "POST"])
def scale(request: HttpRequest, estimate_id: UUID) -> HttpResponse:
    """How the recording relates to the real workload."""
    return _answers_step(request, _own_draft(request, estimate_id), steps.SCALE, ScaleForm, {})


@never_cache
@require_http_methods(["GET", "POST"])
def compare(request: HttpRequest, estimate_id: UUID) -> HttpResponse:
    """What to compare."""
    estimate = _own_draft(request, estimate_id)
    extra = {"hit_points": presentation.hit_points(estimate)}
    return _answers_step(request, estimate, steps.COMPARE, CompareForm, extra)


@never_cache
@require_http_methods(["GET", "POST"])
def answer(request: HttpRequest, estimate_id: UUID) -> HttpResponse:
    """What the answer will rest on; computing it leads to its page, now or as soon as the run is done."""
    estimate = _own_draft(request, estimate_id)
    run = estimate.run
    if request.method == "POST" and run is not None:
        if run.measurement is None:
            estimates.wait_for_run(estimate=estimate)
            return redirect("runs:detail", run_id=run.pk)
        if estimates.compute(estimate=estimate, now=timezone.now()):
            return redirect("estimates:detail", estimate_id=estimate.pk)
    summary = presentation.summary(estimate)
    return _page(request, estimate, steps.ANSWER, {"summary": summary}, status=422 if estimate.error else 200)


def _answers_step(
    request: HttpRequest, estimate: Estimate, step: str, form_class: type[AnswersForm], extra: dict[str, Any]
) -> HttpResponse:
    form = form_class(request.POST or None, initial=form_class.start(estimate.answers))
    if request.method == "POST" and form.is_valid():
        try:
            estimates.save_answers(estimate=estimate, answers=form.answers())
        except InputError as error:
            form.add_error(None, str(error))
        else:
            _, after = steps.neighbours(step)
            return redirect(after or "wizard:answer", estimate_id=estimate.pk)
    return _page(request, estimate, step, {"form": form, **extra}, status=422 if form.is_bound else 200)


def _workload_page(request: HttpRequest, estimate: Estimate, form: UploadForm, status: int = 200) -> HttpResponse:
    earlier = [trace for trace in traces.visible_to(request.user) if trace.is_ready and trace.pk != estimate.trace_id]
    context = {"form": form, "earlier": earlier, "limit": settings.HEADROOM_UPLOAD_MAX_BYTES}
    if estimate.trace is not None:
        context |= page_context(estimate.trace)
    return _page(request, estimate, steps.WORKLOAD, context, status=status)


def _page(
    request: HttpRequest, estimate: Estimate, step: str, context: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    before, after = steps.neighbours(step)
    frame = {
        "estimate": estimate,
        "step": step,
        "steps": steps.indicator(estimate, step),
        "before": before,
        "after": after,
    }
    return render(request, f"wizard/{step}.html", frame | context, status=status)


def _own_draft(request: HttpRequest, estimate_id: UUID) -> Estimate:
    return get_object_or_404(estimates.visible_to(request.user), pk=estimate_id)


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
