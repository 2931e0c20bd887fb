"""What people bring or type in the step Workload: files with what is to be said of them, sliders, figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.conf import settings
from django.core.files.uploadedfile import TemporaryUploadedFile

from engine.errors import InputError
from engine.traces.synthesis import ReadyWorkload, Slider
from planner.reports.wording import counted, size

LONGEST_WORD = 64
MOST_WORDS = 200
YEAR_S = 365 * 24 * 3600
LARGEST_SEED = 2**31 - 1


class FilesInput(forms.FileInput):
    """A file input that takes several."""

    allow_multiple_selected = True


class FilesField(forms.FileField):
    """One or several files, none of them empty, together within the limits."""

    widget = FilesInput

    def clean(self, data: Any, initial: Any = None) -> list[TemporaryUploadedFile]:
        """Every file, cleaned like a single one."""
        given: Sequence[Any] = data if isinstance(data, list | tuple) else [data] if data else []
        if not given:
            raise forms.ValidationError(self.error_messages["required"])
        if len(given) > settings.HEADROOM_UPLOAD_MAX_FILES:
            raise forms.ValidationError(
                f"These are {len(given)} files; the limit is {settings.HEADROOM_UPLOAD_MAX_FILES}. "
                "Put them into one zip or tar archive."
            )
        files = [super(FilesField, self).clean(each, initial) for each in given]
        self._refuse_too_much(files)
        return files

    @staticmethod
    def _refuse_too_much(files: Sequence[TemporaryUploadedFile]) -> None:
        together, limit = sum(file.size or 0 for file in files), settings.HEADROOM_UPLOAD_MAX_BYTES
        if together > limit:
            what = "The file has" if len(files) == 1 else f"The {len(files)} files together have"
            raise forms.ValidationError(
                f"{what} {size(together)}; the limit is {size(limit)}. "
                "Compress with gzip or zstd, or record for a shorter time."
            )


class UploadForm(forms.Form):
    """A recording in one or several files. They arrive on disk and are only looked at by the import."""

    recording = FilesField(
        label="Files of one recording",
        error_messages={
            "required": "Choose a file first: any of the formats listed below.",
            "empty": "The file is empty. Record again, and check that the recorder was connected while the traffic ran.",
        },
        widget=FilesInput(attrs={"aria-describedby": "id_recording_helptext"}),
        max_length=1000,
    )
    as_it_is = forms.BooleanField(label="Do not redact: store keys and values as they are", required=False)
    keep_words = forms.CharField(
        label="Words to keep in keys", required=False, max_length=4000,
        help_text="Parts of key names that are structure, not data, such as cart or session. Parted by commas or blanks. "
        "Common words are kept anyway.",
        widget=forms.TextInput(attrs={"placeholder": "basket, invoice", "autocomplete": "off", "spellcheck": "false"}),
    )  # fmt: skip
    duration_s = forms.FloatField(
        label="How long did it take?", required=False, min_value=0.001, max_value=YEAR_S,
        help_text="Only for formats without a clock: append-only files without times, command lists, and two INFO outputs. "
        "Their commands are spread evenly over it.",
    )  # fmt: skip

    def clean_keep_words(self) -> list[str]:
        """Each word once, in the order typed."""
        words = list(dict.fromkeys(self.cleaned_data["keep_words"].replace(",", " ").split()))
        if len(words) > MOST_WORDS:
            raise forms.ValidationError(f"These are {counted(len(words), 'word')}; the limit is {MOST_WORDS}.")
        long = next((word for word in words if len(word) > LONGEST_WORD), None)
        if long is not None:
            raise forms.ValidationError(f"“{long[:20]}…” is longer than {LONGEST_WORD} characters.")
        return words

    def options(self) -> dict[str, Any]:
        """What was said beside the files, as a trace stores it."""
        said = self.cleaned_data
        return {"redact": not said["as_it_is"], "keep_words": said["keep_words"], "duration_s": said["duration_s"]}


class ReadyForm(forms.Form):
    """The sliders of one ready workload, as number fields; `static/js/sliders.js` puts a slider beside each."""

    seed = forms.IntegerField(
        label="Seed", min_value=0, max_value=LARGEST_SEED, initial=1, help_text="The same seed makes the same workload."
    )

    def __init__(self, data: Mapping[str, Any] | None = None, *, ready: ReadyWorkload) -> None:
        super().__init__(data, auto_id=f"id_{ready.id}_%s")
        self.ready = ready
        for slider in ready.sliders:
            self.fields[slider.name] = _slider_field(slider)

    def sliders(self) -> list[tuple[forms.BoundField, Slider]]:
        """Each field with what it is about."""
        return [(self[slider.name], slider) for slider in self.ready.sliders]

    def parameters(self) -> dict[str, float]:
        """What was set, by name."""
        return {slider.name: self.cleaned_data[slider.name] for slider in self.ready.sliders}


def _slider_field(slider: Slider) -> forms.Field:
    field: forms.Field
    if slider.whole:
        low, high, initial = int(slider.low), int(slider.high), int(slider.default)
        field = forms.IntegerField(label=slider.label, min_value=low, max_value=high, initial=initial)
    else:
        field = forms.FloatField(
            label=slider.label, min_value=slider.low, max_value=slider.high, initial=f"{slider.default:g}"
        )
    field.widget.attrs |= {
        "data-slider": "logarithmic" if slider.logarithmic else "even",
        "data-unit": slider.unit,
        "step": "1" if slider.whole else "any",
    }
    return field


def _rate(label: str, *, most: float = 10**9, help_text: str = "") -> forms.FloatField:
    """A figure that need not be given."""
    return forms.FloatField(label=label, required=False, min_value=0, max_value=most, help_text=help_text)


class NumbersForm(forms.Form):
    """A workload as somebody knows it: figures by hand, each optional but for a rate. Names are those of the shape."""

    name = forms.CharField(label="Name", max_length=80, initial="Typed figures")
    reads_per_s = _rate("Reads, mean", help_text="GET, HGETALL and the like. Reads or writes must be given.")
    reads_peak_per_s = _rate("Reads, peak")
    writes_per_s = _rate("Writes, mean", help_text="SET, INCR, ZADD, DEL and the like.")
    writes_peak_per_s = _rate("Writes, peak")
    keys = forms.IntegerField(
        label="Keys", required=False, min_value=1, max_value=10**12, help_text="Live at one time."
    )
    bytes_used = forms.CharField(
        label="Memory used", required=False, max_length=40, help_text="By the engine for data, such as 1.5 GiB."
    )
    key_bytes = _rate("Key length, mean", most=65536, help_text="Of the name alone.")
    value_bytes = _rate("Value size, mean", most=64 * 1024**2, help_text="What one write carries.")
    ttl_share = forms.FloatField(
        label="Keys with a time to live",
        required=False,
        min_value=0,
        max_value=100,
        help_text="0 when keys never expire.",
    )
    ttl_mean_s = _rate("Time to live, mean", most=10 * YEAR_S)
    hit_rate = forms.FloatField(
        label="Reads that find their key", required=False, min_value=0, max_value=100, help_text="The hit rate."
    )
    skew = forms.FloatField(
        label="Skew", required=False, min_value=0, max_value=3,
        help_text="Exponent of Zipf's law: 0 reads every key alike, 1 is usual for the web.",
    )  # fmt: skip

    def figures(self) -> dict[str, object]:
        """Every figure that was typed, as the shape of a workload names it."""
        typed = {name: value for name, value in self.cleaned_data.items() if value not in (None, "") and name != "name"}
        for name in ("ttl_share", "hit_rate"):
            if name in typed:
                typed[name] /= 100
        if "ttl_mean_s" in typed:
            typed["ttl_mean_ms"] = typed.pop("ttl_mean_s") * 1000
        return typed

    def refuse(self, error: InputError) -> None:
        """Say what the engine found wrong beside the field it names."""
        name = error.source.replace("ttl_mean_ms", "ttl_mean_s")
        sentence = f"{error.problem[:1].upper()}{error.problem[1:]}"
        expected = f" Expected: {error.expected}" if error.expected else ""
        self.add_error(name if name in self.fields else None, sentence + expected)
