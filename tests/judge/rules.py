"""The policies of the diseases that the judge follows, written down from docs/catalogue.md: not read from the files."""

from __future__ import annotations

from typing import Any

W8 = {"blocks": 8, "window": 7, "guard": 2}


def _w8(p: float, minimum: int) -> tuple[str, dict[str, Any], int, bool]:
    return ("w8", {"p": p, "minimum": minimum, **W8}, minimum, True)


def _k(k: int, window: int) -> tuple[str, dict[str, Any], int, bool]:
    return ("k_in_window", {"k": k, "window": window}, 1, True)


SINGLE = ("single_case", {"quiet_days": 0}, 1, True)
FREQUENT = {
    "county": [_w8(0.001, 5)],
    "prefecture": [_w8(0.001, 10)],
    "province": [_w8(0.0001, 10)],
    "nation": [_w8(0.0001, 10)],
}

POLICIES: dict[str, dict[str, list[tuple[str, dict[str, Any], int, bool]]]] = {
    "cholera.cases": {"county": [SINGLE], "prefecture": [], "province": [], "nation": []},
    "measles.cases": {
        "county": [SINGLE, _k(3, 28)],
        "prefecture": [_k(5, 28)],
        "province": [_w8(0.0001, 5)],
        "nation": [_w8(0.0001, 5)],
    },
    "dysentery.cases": FREQUENT,
    "influenza.cases": FREQUENT,
    "pertussis.cases": FREQUENT,
    "covid19.cases": FREQUENT,
}
"""By signal and level the methods that speak, any of which is enough; as of 2024."""
