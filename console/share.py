"""A share with its interval."""

from typing import Any

from scipy.special import betaincinv

_LEVEL = 0.95


def share(part: int, whole: int) -> dict[str, Any] | None:
    """Return a share with the interval of what it estimates (95 %, Jeffreys' prior), or None out of nothing.

    At 0 and at all the interval begins and ends there: nothing lies beyond.
    """
    if whole == 0:
        return None
    alpha, beta = part + 0.5, whole - part + 0.5
    return {
        "share": round(part / whole, 6),
        "lower": 0.0 if part == 0 else round(float(betaincinv(alpha, beta, (1 - _LEVEL) / 2)), 6),
        "upper": 1.0 if part == whole else round(float(betaincinv(alpha, beta, (1 + _LEVEL) / 2)), 6),
    }
