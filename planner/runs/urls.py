"""Pages of runs."""

from __future__ import annotations

from django.urls import path

from planner.runs import views

app_name = "runs"
urlpatterns = [
    path("<uuid:run_id>/", views.detail, name="detail"),
    path("<uuid:run_id>/status/", views.status, name="status"),
    path("<uuid:run_id>/cancel/", views.cancel, name="cancel"),
    path("<uuid:run_id>/resume/", views.resume, name="resume"),
    path("<uuid:run_id>/other-mode/", views.other_mode, name="other-mode"),
    path("<uuid:run_id>/delete/", views.delete, name="delete"),
    path("<uuid:run_id>/json/", views.as_json, name="json"),
    path("<uuid:run_id>/partial/", views.partial_as_json, name="partial"),
]
