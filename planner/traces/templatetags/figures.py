"""How figures are written in templates: the words of `planner.reports.wording`, so that page and PDF print the same.

Every filter takes None and prints a dash: not known is not zero.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from planner import __version__
from planner.reports import wording

register = template.Library()

register.filter("as_bytes", wording.size)
register.filter("as_count", wording.count)
register.filter("as_rate", wording.rate)
register.filter("as_latency", wording.latency)
register.filter("as_duration", wording.duration)
register.filter("as_percent", wording.share)
register.filter("as_money", wording.usd)
register.filter("as_unit_price", wording.unit_price)


@register.simple_tag
def headroom_version() -> str:
    """The product's version."""
    return __version__


@register.filter
def as_quantity(value: Decimal | None) -> str:
    """A quantity of a cost line."""
    return wording.UNKNOWN if value is None else wording.quantity(value)


@register.filter
def as_ms(value: float | None) -> str:
    """Milliseconds as a duration."""
    return wording.duration(None if value is None else value / 1000)


@register.filter
def as_bytes_rate(value: float | None) -> str:
    """Bytes per second in binary units."""
    return wording.UNKNOWN if value is None else f"{wording.size(value)}/s"


@register.filter
def dollars(text: str | None) -> str:
    """Money that a document stores as a string, to the cent."""
    try:
        return wording.usd(None if text is None else Decimal(text))
    except InvalidOperation:
        return wording.UNKNOWN


@register.filter
def times(value: Decimal | None, factor: int) -> Decimal | None:
    """`value` x `factor`, for yearly and horizon totals."""
    return None if value is None else value * factor


@register.filter
def getitem(mapping: Mapping[str, object], key: str) -> object:
    """A mapping's value by a key that is itself a variable; None when it is not there."""
    return mapping.get(key)


@register.simple_tag
def bar(share: float | None, label: str = "") -> SafeString:
    """A horizontal bar filled to `share` (0..1), drawn as SVG so that no inline style is needed."""
    width = max(0.0, min(1.0, float(share or 0))) * 100
    return format_html(
        '<svg class="bar" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true" focusable="false">'
        '<rect class="track" width="100" height="8"/><rect class="value" width="{}" height="8"/></svg>{}',
        f"{width:.2f}",
        format_html('<span class="visually-hidden">{}</span>', label) if label else "",
    )
