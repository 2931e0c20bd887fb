"""The pages of the wizard. Every step keeps what was typed and can be left and come back to; strangers get 404."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST

from engine.errors import HeadroomError, InputError
from engine.traces.synthesis import ready_workloads
from planner.estimates import services as estimates
from planner.estimates.forms_answers import CompareForm
from planner.estimates.forms_fields import AnswersForm
from planner.estimates.models import Estimate
from planner.external import addresses
from planner.external import services as external
from planner.external.forms import ExternalForm
from planner.runs.cluster import engine_choices
from planner.traces import services as traces
from planner.traces.formats import FORMATS
from planner.traces.forms import MatchingForm
from planner.traces.presentation import page_context
from planner.wizard import presentation, services, steps
from planner.wizard.forms import MeasureForm
from planner.wizard.forms_scale import ScaleForm
from planner.wizard.forms_workload import NumbersForm, ReadyForm, UploadForm


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
    """Take uploads over and start reading them."""
    estimate = _own_draft(request, estimate_id)
    form = UploadForm(request.POST, request.FILES)
    if not form.is_valid():
        return _workload_page(request, estimate, form, status=422)
    files = [(file.name or "", Path(file.temporary_file_path())) for file in form.cleaned_data["recording"]]
    services.upload(estimate=estimate, files=files, options=form.options(), now=timezone.now())
    return redirect("wizard:workload", estimate_id=estimate.pk)


@never_cache
@require_http_methods(["GET", "POST"])
def ready(request: HttpRequest, estimate_id: UUID) -> HttpResponse:
    """Choose a ready workload and set its sliders."""
    estimate = _own_draft(request, estimate_id)
    forms = {each.id: ReadyForm(ready=each) for each in ready_workloads()}
    chosen = request.POST.get("workload", "")
    if request.method == "POST":
        if chosen not in forms:
            raise Http404
        form = forms[chosen] = ReadyForm(request.POST, ready=forms[chosen].ready)
        if form.is_valid():
            services.use_ready(
                estimate=estimate, workload=chosen, title=form.ready.title,
                parameters=form.parameters(), seed=form.cleaned_data["seed"],
            )  # fmt: skip
            return redirect("wizard:workload", estimate_id=estimate.pk)
    extra = {"forms": list(forms.values())}
    return _page(request, estimate, steps.WORKLOAD, extra, template="ready", status=422 if chosen else 200)


@never_cache
@require_http_methods(["GET", "POST"])
def numbers(request: HttpRequest, estimate_id: UUID) -> HttpResponse:
    """Type figures instead of bringing a recording."""
    estimate = _own_draft(request, estimate_id)
    form = NumbersForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            services.use_numbers(estimate=estimate, name=form.cleaned_data["name"], figures=form.figures())
        except InputError as error:
            form.refuse(error)
        else:
            return redirect("wizard:workload", estimate_id=estimate.pk)
    status = 422 if form.is_bound else 200
    return _page(request, estimate, steps.WORKLOAD, {"form": form}, template="numbers", status=status)


@require_POST
def matching(request: HttpRequest, estimate_id: UUID) -> HttpResponse:
    """Have a workload generated that matches the figures of this draft."""
    estimate = _own_draft(request, estimate_id)
    if estimate.trace is None or not estimate.trace.is_summary:
        raise Http404
    form = MatchingForm(request.POST)
    if not form.is_valid():
        return _workload_page(request, estimate, UploadForm(), matching=form, status=422)
    services.use_matching(estimate=estimate, **form.cleaned_data)
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
            both = form.in_both_modes
            run = services.start_run(estimate=estimate, cluster=form.cluster(), in_both_modes=both)
            return redirect("runs:detail", run_id=run.pk)
        estimates.save_measure(estimate=estimate, measure=services.as_typed(form.cluster(), form.in_both_modes))
        if estimate.trace is not None and estimate.trace.is_summary:
            messages.warning(request, presentation.NOTHING_TO_REPLAY)
        return redirect("wizard:workload", estimate_id=estimate.pk)
    extra = {"form": form, "engines": engines, "plan": presentation.replay_plan(estimate, form)}
    return _page(request, estimate, steps.MEASURE, extra, status=422 if form.is_bound else 200)


@sensitive_variables()
@sensitive_post_parameters()
@never_cache
@require_http_methods(["GET", "POST"])
def elsewhere(request: HttpRequest, estimate_id: UUID) -> HttpResponse:
    """Measure on a cluster of the person's own: `test` looks what is there, anything else starts the run."""
    estimate = _own_draft(request, estimate_id)
    if estimate.trace is None or not estimate.trace.is_ready or estimate.trace.is_summary:
        messages.warning(request, "There is no recording to replay yet: choose a workload first.")
        return redirect("wizard:workload", estimate_id=estimate.pk)
    testing = "test" in request.POST
    form = ExternalForm(request.POST or None, request.FILES or None, testing=testing)
    extra: dict[str, Any] = {"form": form, "testing": testing, "allow_setting": addresses.SETTING}
    if form.is_bound and form.is_valid():
        try:
            if not testing:
                run = services.start_external(estimate=estimate, wanted=form.wanted())
                return redirect("external:detail", run_id=run.pk)
            extra["found"] = external.look(form.wanted())
        except HeadroomError as error:
            extra["problem"] = str(error)
    if request.headers.get("HX-Request"):
        return render(request, "external/_found.html", extra)
    return _page(request, estimate, steps.MEASURE, extra, template="elsewhere", status=422 if form.errors else 200)


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
    form = form_class(request.POST or None, request.FILES or None, initial=form_class.start(estimate.answers))
    if request.method == "POST" and form.is_valid():
        try:
            estimates.save_answers(estimate=estimate, answers=form.answers())
        except InputError as error:
            form.add_error(None, str(error))
        else:
            _, after = steps.neighbours(step)
            return redirect(after or "wizard:answer", estimate_id=estimate.pk)
    return _page(request, estimate, step, {"form": form, **extra}, status=422 if form.is_bound else 200)


def _workload_page(
    request: HttpRequest,
    estimate: Estimate,
    form: UploadForm,
    *,
    matching: MatchingForm | None = None,
    status: int = 200,
) -> HttpResponse:
    earlier = [each for each in traces.visible_to(request.user) if each.profile and each.pk != estimate.trace_id]
    context: dict[str, Any] = {"form": form, "earlier": earlier, "formats": FORMATS}
    context |= {"limit": settings.HEADROOM_UPLOAD_MAX_BYTES, "most_files": settings.HEADROOM_UPLOAD_MAX_FILES}
    if estimate.trace is not None:
        context |= page_context(estimate.trace)
        context |= {"matching": matching} if matching is not None else {}
        context["matching_url"] = reverse("wizard:matching", args=[estimate.pk])
    return _page(request, estimate, steps.WORKLOAD, context, status=status)


def _page(
    request: HttpRequest,
    estimate: Estimate,
    step: str,
    context: dict[str, Any],
    *,
    template: str = "",
    status: int = 200,
) -> HttpResponse:
    before, after = steps.neighbours(step)
    frame = {
        "estimate": estimate,
        "step": step,
        "steps": steps.indicator(estimate, step),
        "before": before,
        "after": after,
    }
    return render(request, f"wizard/{template or step}.html", frame | context, status=status)


def _own_draft(request: HttpRequest, estimate_id: UUID) -> Estimate:
    return get_object_or_404(estimates.visible_to(request.user), pk=estimate_id)


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
