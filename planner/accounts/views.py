"""Signing in by link and signing out."""

from __future__ import annotations

from django.contrib.auth import login, logout
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from planner.accounts import services

BACKEND = "django.contrib.auth.backends.ModelBackend"


@login_not_required
@require_GET
def sign_in(request: HttpRequest) -> HttpResponse:
    """How to get in."""
    if request.user.is_authenticated:
        return redirect("/")
    return render(request, "accounts/sign_in.html")


@login_not_required
@never_cache
@require_GET
def sign_in_link(request: HttpRequest, token: str) -> HttpResponse:
    """Open a one-time link: in, or told why not and how to get another."""
    user = services.use_token(token=token, now=timezone.now())
    if user is not None:
        login(request, user, backend=BACKEND)
        return redirect("/")
    if request.user.is_authenticated:  # a reload of the link that signed this browser in
        return redirect("/")
    return render(request, "accounts/link_used.html", status=410)


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the session."""
    logout(request)
    return redirect("accounts:sign-in")
