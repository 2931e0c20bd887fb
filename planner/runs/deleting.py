"""How a run is deleted on its pages, on this machine's cluster or on somebody's own: ask, stop what still works, delete."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from planner.jobs.models import Job


def ask_then_delete(
    request: HttpRequest,
    run: Model,
    job: Job,
    *,
    area: str,
    cancel: Callable[[], object],
    delete: Callable[[], object],
    deleted: str,
) -> HttpResponse:
    """GET asks; POST deletes a run that is over and asks any other to stop. `area`: whose template and pages (`runs`);
    `deleted`: what the person is told afterwards."""
    if request.method == "GET":
        return render(request, f"{area}/delete.html", {"run": run})
    if not job.is_over:
        cancel()
        messages.warning(request, "The run was asked to stop. Delete it once it has.")
        return redirect(f"{area}:detail", run_id=run.pk)
    delete()
    messages.success(request, deleted)
    return redirect("estimates:home")
