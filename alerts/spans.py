"""How far the alarms of a method reach in time."""

from collections.abc import Mapping

_ORDINARY_GAP = 7
_SINGLE_CASE_GAP = 28
_WINDOWS = {"single_case": 1, "c1": 1, "c2": 1, "c3": 3}
_SUMS = ("k_in_window", "w8", "percentile")


def gap_of(method: str, parameters: Mapping[str, object]) -> int:
    """Return the largest distance in days between alarm days of this method that belong to one episode.

    28 for single cases, the window of k in a window, 7 for everything else.
    """
    if method == "single_case":
        return _SINGLE_CASE_GAP
    if method == "k_in_window":
        return _days(parameters, "window", _ORDINARY_GAP)
    return _ORDINARY_GAP


def window_of(method: str, parameters: Mapping[str, object]) -> int:
    """Return how many days, up to and with the judged one, hold the cases that an alarm of this method is about.

    CUSUM sums without a fixed window; seven days stand for it.
    """
    return _WINDOWS.get(method) or _days(parameters, "window", 7)


def observed_days(method: str, parameters: Mapping[str, object]) -> int:
    """Return how many days, up to and with the judged one, the method adds up before it compares: 1, or its window."""
    return _days(parameters, "window", 7) if method in _SUMS else 1


def _days(parameters: Mapping[str, object], name: str, default: int) -> int:
    value = parameters.get(name, default)
    if not isinstance(value, int) or value < 1:
        raise ValueError(f"{name} must be a positive number of days")
    return value
