"""Pages of price lists."""

from __future__ import annotations

from django.urls import path

from planner.prices import views

app_name = "prices"
urlpatterns = [
    path("", views.index, name="list"),
    path("upload/", views.upload, name="upload"),
    path("<slug:service>/<slug:version>/", views.detail, name="detail"),
    path("<slug:service>/<slug:version>/use/", views.use, name="use"),
]
