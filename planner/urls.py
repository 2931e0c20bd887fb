"""Where each area starts. The URL segment is the package's name; an area lists its own pages, estimates the home page too."""

from __future__ import annotations

from django.urls import include, path

urlpatterns = [
    path("", include("planner.estimates.urls")),
    path("accounts/", include("planner.accounts.urls")),
    path("jobs/", include("planner.jobs.urls")),
    path("external/", include("planner.external.urls")),
    path("prices/", include("planner.prices.urls")),
    path("runs/", include("planner.runs.urls")),
    path("traces/", include("planner.traces.urls")),
    path("wizard/", include("planner.wizard.urls")),
]
