"""What staff bring: an offer file, and families of it to leave out."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile

from planner.reports.wording import size

MOST_BYTES = 64 * 1024**2  # read while the browser waits; a larger file is for the command line
_MOST_FAMILIES = 20


class OfferForm(forms.Form):
    """An offer file of any of the vendor's forms."""

    offer = forms.FileField(
        label="Price list file",
        help_text=f"The vendor's bulk JSON or CSV, or a Query API answer; plain or gzip, up to {size(MOST_BYTES)}. "
        "Larger ones: manage.py prices import FILE.",
    )
    skip = forms.CharField(
        label="Product families to leave out", required=False, max_length=500,
        help_text="Only when an import names one that is not known and no design needs it. Separate several by commas.",
    )  # fmt: skip

    def clean_offer(self) -> UploadedFile[Any]:
        """A file that can be read while somebody waits."""
        found: UploadedFile[Any] = self.cleaned_data["offer"]
        if (found.size or 0) > MOST_BYTES:
            raise forms.ValidationError(
                f"The file has {size(found.size or 0)}; here the limit is {size(MOST_BYTES)}. "
                "Import it on the server: manage.py prices import FILE."
            )
        return found

    def clean_skip(self) -> list[str]:
        """Each family by itself."""
        names = [name.strip() for name in str(self.cleaned_data["skip"]).split(",") if name.strip()]
        return names[:_MOST_FAMILIES]
