"""The steps of the wizard."""

from __future__ import annotations

from django.urls import path

from planner.wizard import views

app_name = "wizard"
urlpatterns = [
    path("", views.start, name="start"),
    path("sample/", views.sample, name="sample"),
    path("<uuid:estimate_id>/workload/", views.workload, name="workload"),
    path("<uuid:estimate_id>/workload/upload/", views.upload, name="upload"),
    path("<uuid:estimate_id>/workload/ready/", views.ready, name="ready"),
    path("<uuid:estimate_id>/workload/numbers/", views.numbers, name="numbers"),
    path("<uuid:estimate_id>/workload/matching/", views.matching, name="matching"),
    path("<uuid:estimate_id>/measure/", views.measure, name="measure"),
    path("<uuid:estimate_id>/measure/elsewhere/", views.elsewhere, name="elsewhere"),
    path("<uuid:estimate_id>/scale/", views.scale, name="scale"),
    path("<uuid:estimate_id>/compare/", views.compare, name="compare"),
    path("<uuid:estimate_id>/answer/", views.answer, name="answer"),
]
