"""Pages of long tasks."""

from __future__ import annotations

from django.urls import path

from planner.jobs import views

app_name = "jobs"
urlpatterns = [
    path("<uuid:job_id>/", views.job, name="job"),
    path("<uuid:job_id>/cancel/", views.cancel, name="cancel"),
    path("<uuid:job_id>/resume/", views.resume, name="resume"),
]
