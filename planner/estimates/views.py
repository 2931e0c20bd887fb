"""Home, and the pages of an estimate. Anybody but its owner gets 404."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from planner.estimates import presentation, services
from planner.estimates.forms import RenameForm
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
    document = documents.from_json(estimate.document)
    context = {"estimate": estimate, "document": document, "answer": presentation.answer(document)}
    return render(request, "estimates/detail.html", context)


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


def _own_estimate(request: HttpRequest, estimate_id: UUID) -> Estimate:
    return get_object_or_404(services.visible_to(request.user), pk=estimate_id)


def _document(estimate: Estimate) -> EstimateDocument:
    if estimate.document is None:
        raise Http404("This estimate has no answer yet.")
    return documents.from_json(estimate.document)


def _attachment(estimate: Estimate, suffix: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="headroom-{str(estimate.pk)[:8]}.{suffix}"'}
