"""Home, and the pages of an estimate. Anybody but its owner gets 404."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from engine.errors import InputError
from planner.estimates import presentation, services
from planner.estimates.comparison import comparison
from planner.estimates.forms import RenameForm
from planner.estimates.forms_answers import WhatIfForm
from planner.estimates.models import Estimate
from planner.external import services as external_runs
from planner.reports import document as documents
from planner.reports.document import EstimateDocument


@never_cache
@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """Every estimate and every run on a cluster of their own of this person, and what is being worked on."""
    rows = [presentation.home_row(estimate) for estimate in services.visible_to(request.user)]
    elsewhere = list(external_runs.visible_to(request.user))
    live = any(row.is_live for row in rows) or any(not run.job.is_over for run in elsewhere)
    context = {"rows": rows, "external": elsewhere, "live": live}
    template = "estimates/_list.html" if request.headers.get("HX-Request") else "estimates/home.html"
    return render(request, template, context)


@never_cache
@require_GET
def detail(request: HttpRequest, estimate_id: UUID) -> HttpResponse:
    """The answer; a draft goes on where it can."""
    estimate = _own_estimate(request, estimate_id)
    if estimate.document is None:
        return redirect("wizard:answer" if estimate.run_id else "wizard:workload", estimate_id=estimate.pk)
    return _answer_page(request, estimate, _what_if_form(estimate))


@require_POST
def what_if(request: HttpRequest, estimate_id: UUID) -> HttpResponse:
    """Compute the answer again with other answers, from the same measurement."""
    estimate = _own_estimate(request, estimate_id)
    if estimate.document is None or not _can_recompute(estimate):
        raise Http404("There is nothing to compute this answer from.")
    form = WhatIfForm(request.POST)
    if form.is_valid():
        try:
            services.save_answers(estimate=estimate, answers=form.answers())
        except InputError as error:
            form.add_error(None, str(error))
        else:
            services.compute(estimate=estimate, now=timezone.now())
            return redirect("estimates:detail", estimate_id=estimate.pk)
    in_place = bool(request.headers.get("HX-Request"))
    response = _answer_page(request, estimate, form, status=200 if in_place else 422)
    if in_place:  # the form with its errors, in the place of the form
        response.headers["HX-Retarget"] = response.headers["HX-Reselect"] = "#what-if"
    return response


@require_http_methods(["GET", "POST"])
def rename(request: HttpRequest, estimate_id: UUID) -> HttpResponse:
    """Another name."""
    estimate = _own_estimate(request, estimate_id)
    form = RenameForm(request.POST or None, initial={"name": estimate.name})
    if request.method == "POST" and form.is_valid():
        services.rename(estimate=estimate, name=form.cleaned_data["name"])
        return redirect("estimates:detail", estimate_id=estimate.pk)
    status = 422 if form.is_bound else 200
    return render(request, "estimates/rename.html", {"estimate": estimate, "form": form}, status=status)


@require_http_methods(["GET", "POST"])
def delete(request: HttpRequest, estimate_id: UUID) -> HttpResponse:
    """Ask, then delete."""
    estimate = _own_estimate(request, estimate_id)
    if request.method != "POST":
        return render(request, "estimates/delete.html", {"estimate": estimate})
    services.delete(estimate=estimate)
    messages.success(request, f"The estimate “{estimate.name}” was deleted.")
    return redirect("estimates:home")


@require_GET
def pdf(request: HttpRequest, estimate_id: UUID) -> HttpResponse:
    """The answer on paper."""
    from planner.reports.pdf import estimate_pdf

    estimate = _own_estimate(request, estimate_id)
    content = estimate_pdf(_document(estimate))
    return HttpResponse(content, content_type="application/pdf", headers=_attachment(estimate, "pdf"))


@require_GET
def as_json(request: HttpRequest, estimate_id: UUID) -> HttpResponse:
    """The answer as data."""
    estimate = _own_estimate(request, estimate_id)
    plain = documents.to_json(_document(estimate))
    return JsonResponse(plain, headers=_attachment(estimate, "json"), json_dumps_params={"indent": 2})


def _answer_page(request: HttpRequest, estimate: Estimate, form: WhatIfForm | None, status: int = 200) -> HttpResponse:
    document = documents.from_json(estimate.document or {})
    answer = presentation.answer(document)
    months = document.result.answers.horizon_months
    context = {
        "estimate": estimate,
        "document": document,
        "answer": answer,
        "comparison": comparison(answer.designs, months, request.GET.get("sort", "")),
        "form": form,
    }
    return render(request, "estimates/detail.html", context, status=status)


def _what_if_form(estimate: Estimate) -> WhatIfForm | None:
    """None where the recording or the run is gone, so that nothing can be computed again."""
    return WhatIfForm(initial=WhatIfForm.start(estimate.answers)) if _can_recompute(estimate) else None


def _can_recompute(estimate: Estimate) -> bool:
    return estimate.trace is not None and estimate.run is not None and estimate.run.measurement is not None


def _own_estimate(request: HttpRequest, estimate_id: UUID) -> Estimate:
    return get_object_or_404(services.visible_to(request.user), pk=estimate_id)


def _document(estimate: Estimate) -> EstimateDocument:
    if estimate.document is None:
        raise Http404("This estimate has no answer yet.")
    return documents.from_json(estimate.document)


def _attachment(estimate: Estimate, suffix: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="headroom-{str(estimate.pk)[:8]}.{suffix}"'}
