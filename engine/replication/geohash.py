"""The score under which both engines keep a place: 26 bits of longitude and latitude each, interleaved."""

from __future__ import annotations

from engine.replication.values import Refused

_STEPS = 26
_MOST_LATITUDE = 85.05112878


def score(longitude: float, latitude: float) -> int:
    """The 52-bit number. Raises Refused where the engines know no place."""
    if not (-180 <= longitude <= 180 and -_MOST_LATITUDE <= latitude <= _MOST_LATITUDE):
        raise Refused
    x = int((longitude + 180) / 360 * (1 << _STEPS))
    y = int((latitude + _MOST_LATITUDE) / (2 * _MOST_LATITUDE) * (1 << _STEPS))
    return _spread(y) | _spread(x) << 1


def _spread(number: int) -> int:
    """A zero before every bit."""
    number &= (1 << 32) - 1
    number = (number | number << 16) & 0x0000FFFF0000FFFF
    number = (number | number << 8) & 0x00FF00FF00FF00FF
    number = (number | number << 4) & 0x0F0F0F0F0F0F0F0F
    number = (number | number << 2) & 0x3333333333333333
    return (number | number << 1) & 0x5555555555555555
