"""Home and the pages of estimates."""

from __future__ import annotations

from django.urls import path

from planner.estimates import views

app_name = "estimates"
urlpatterns = [
    path("", views.home, name="home"),
    path("estimates/<uuid:estimate_id>/", views.detail, name="detail"),
    path("estimates/<uuid:estimate_id>/what-if/", views.what_if, name="what-if"),
    path("estimates/<uuid:estimate_id>/rename/", views.rename, name="rename"),
    path("estimates/<uuid:estimate_id>/delete/", views.delete, name="delete"),
    path("estimates/<uuid:estimate_id>/pdf/", views.pdf, name="pdf"),
    path("estimates/<uuid:estimate_id>/json/", views.as_json, name="json"),
]
