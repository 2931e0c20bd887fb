"""What people type about an estimate itself."""

from __future__ import annotations

from django import forms


class RenameForm(forms.Form):
    """A new name."""

    name = forms.CharField(max_length=120, label="Name", strip=True)
