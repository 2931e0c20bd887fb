"""What people type to measure on a cluster of their own. A password that was typed is never sent back to the page."""

from __future__ import annotations

import re
import ssl
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile

from engine.cluster.external.target import Target, parse_target
from engine.errors import InputError
from engine.replay.external.keys import DEFAULT, parse_prefix
from engine.replay.external.rate import DEFAULT_PER_S
from engine.run import MAX_SPEED
from planner.external.wanted import PATTERN, Wanted, confirmation, without_password

LARGEST_CA_BYTES = 256 * 1024
MOST_PER_S = 100_000
_SHOWN = re.compile(r"rediss?://([^\s:/@]{1,200}@)?(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]{1,253})(:[0-9]{1,5})?/?")
_ADDRESS = "redis://[user@]host[:port], or rediss://… for TLS"


def shown_address(typed: str) -> str:
    """An address as it may be sent back: without its password, and empty when it is not clear what in it is one."""
    scheme, separator, rest = typed.strip().partition("://")
    if "@" in rest:
        sign_in, _, place = rest.rpartition("@")
        user = sign_in.partition(":")[0]
        rest = f"{user}@{place}" if user else place
    shown = f"{scheme}{separator}{rest}"
    return shown if _SHOWN.fullmatch(shown) else ""


class AddressInput(forms.TextInput):
    """Shows an address without its password."""

    def format_value(self, value: Any) -> str | None:
        """Whatever was typed, what may be shown of it."""
        return shown_address(str(value)) if value else None


def _password(label: str, help_text: str = "") -> forms.CharField:
    attributes = {"autocomplete": "off", "spellcheck": "false"}
    widget = forms.PasswordInput(render_value=False, attrs=attributes)
    return forms.CharField(
        label=label, required=False, strip=False, max_length=8192, widget=widget, help_text=help_text
    )


class ExternalForm(forms.Form):
    """Where, how to sign in, under which limits; `wanted()` is the domain value. `testing`: no confirmation is needed yet."""

    url = forms.CharField(
        label="Address", max_length=9000,
        widget=AddressInput(attrs={"placeholder": "rediss://user@host:6379", "autocomplete": "off", "spellcheck": "false"}),
        help_text="Any node, or the configuration endpoint; the others are found from there. rediss:// is TLS.",
    )  # fmt: skip
    password = _password(
        "Password",
        "Kept sealed until the run ends, then deleted; never shown again. For IAM users it is the token: it lasts 15 minutes, "
        "so it must not wait longer than that in the queue.",
    )
    ca = forms.FileField(
        label="Certificate authority", required=False, allow_empty_file=False,
        help_text="A PEM file, where the certificate is not from a public authority. Managed services need none.",
    )  # fmt: skip
    key_prefix = forms.CharField(
        label="Prefix", initial=DEFAULT, max_length=64,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        help_text="Every key that is written begins with it; nothing else may.",
    )  # fmt: skip
    per_s = forms.IntegerField(
        label="Rate, at most", initial=int(DEFAULT_PER_S), min_value=1, max_value=MOST_PER_S,
        help_text="Never more, also when catching up.",
    )  # fmt: skip
    speed = forms.FloatField(label="Speed", initial=1.0, min_value=0.1, max_value=MAX_SPEED)
    remove_leftovers = forms.BooleanField(
        label="First remove keys under the prefix that an earlier run left", required=False,
        help_text="Otherwise a run does not begin where keys under the prefix exist.",
    )  # fmt: skip
    agreed_to = forms.CharField(required=False, max_length=1000, widget=forms.HiddenInput)
    confirmed = forms.BooleanField(required=False, error_messages={"required": "Without this nothing is sent there."})

    def __init__(self, *args: Any, testing: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._testing = testing
        self._target: Target | None = None

    words_pattern = PATTERN

    @property
    def words(self) -> str:
        """What the tick agrees to, for the values as they stand in the form."""
        prefix, per_s = self["key_prefix"].value(), self["per_s"].value()
        try:
            return confirmation(parse_prefix(str(prefix)).text.decode(), int(per_s))
        except (InputError, TypeError, ValueError):
            return confirmation(DEFAULT, DEFAULT_PER_S)

    def clean_url(self) -> str:
        """Judged here, connected to later. What is wrong is said without repeating it."""
        typed: str = self.cleaned_data["url"]
        try:
            self._target = parse_target(typed, {})
        except InputError as error:
            known = error.problem if "scheme" not in error.problem else "begins with neither redis:// nor rediss://."
            raise forms.ValidationError(f"This {known} Expected: {_ADDRESS}.") from None
        return without_password(self._target)

    def clean_key_prefix(self) -> str:
        """A prefix that keeps keys apart from others."""
        try:
            return parse_prefix(self.cleaned_data["key_prefix"]).text.decode()
        except InputError as error:
            raise forms.ValidationError(f"{error.problem} Expected: {error.expected}") from None

    def clean_ca(self) -> str:
        """The certificates as text. A file with a private key in it is not taken."""
        given: UploadedFile[bytes] | None = self.cleaned_data["ca"]
        if given is None:
            return ""
        if (given.size or 0) > LARGEST_CA_BYTES:
            raise forms.ValidationError("This file is too large for certificates; the limit is 256 KiB.")
        return pem(given.read())

    def clean(self) -> dict[str, Any]:
        """What only shows when everything is typed."""
        cleaned: dict[str, Any] = super().clean() or {}
        if cleaned.get("ca") and self._target is not None and not self._target.access.tls:
            self.add_error("ca", "This is for TLS: the address has to begin with rediss://.")
        if not self._testing and not self.errors:
            self._require_agreement(cleaned)
        return cleaned

    def _require_agreement(self, cleaned: dict[str, Any]) -> None:
        if not cleaned["confirmed"]:
            self.add_error("confirmed", "Without this nothing is sent there.")
        elif cleaned["agreed_to"] != self.words:
            self.add_error("confirmed", "The words have changed with what was typed. Read them again, then tick.")

    def wanted(self) -> Wanted:
        """What was typed, as the services take it."""
        assert self._target is not None
        kept = {name: self.cleaned_data[name] for name in ("url", "ca", "per_s", "speed", "remove_leftovers")}
        password = self.cleaned_data["password"] or self._target.access.password
        return Wanted(password=password, prefix=self.cleaned_data["key_prefix"], confirmed=self.words, **kept)


class ResumeForm(forms.Form):
    """The password again, which was deleted when the run ended."""

    password = _password("Password, once more", "It was deleted when the run ended.")
    remove_leftovers = forms.BooleanField(
        label="First remove the keys under the prefix that the last attempt left", required=False
    )


def pem(data: bytes) -> str:
    """Certificates in a PEM file, the text between them left out. Raises ValidationError for anything else."""
    if b"PRIVATE KEY" in data:
        raise forms.ValidationError(
            "This file holds a private key. Only certificates are needed; keep the key to yourself."
        )
    try:
        text = data.decode("ascii", "replace")
        found = re.findall(r"-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----", text)
        ssl.create_default_context().load_verify_locations(cadata="\n".join(found))
    except (ssl.SSLError, ValueError):
        raise forms.ValidationError("This is no PEM file of certificates.") from None
    return "\n".join(found) + "\n"
