"""Pages of recordings."""

from __future__ import annotations

from django.urls import path

from planner.traces import views

app_name = "traces"
urlpatterns = [
    path("", views.index, name="list"),
    path("formats/", views.formats, name="formats"),
    path("<uuid:trace_id>/", views.detail, name="detail"),
    path("<uuid:trace_id>/status/", views.status, name="status"),
    path("<uuid:trace_id>/cancel/", views.cancel, name="cancel"),
    path("<uuid:trace_id>/resume/", views.resume, name="resume"),
    path("<uuid:trace_id>/matching/", views.matching, name="matching"),
    path("<uuid:trace_id>/delete/", views.delete, name="delete"),
]
