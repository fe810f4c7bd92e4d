"""How far the alarms of a method reach in time."""

from collections.abc import Mapping

_ORDINARY_GAP = 7
_GAPS = {"single_case": 28, "first_ever": 28}
_STEPS = {
    "beta_binomial": 1,
    "c1": 1,
    "c2": 1,
    "c3": 3,
    "farrington_flexible": 1,
    "first_ever": 1,
    "single_case": 1,
}
_CLUSTERS = ("k_in_window", "k_places")
_SUMS = (*_CLUSTERS, "w8", "percentile")
_DEFAULTS = {"k_places": 30}
_WEEK = 7


def gap_of(method: str, parameters: Mapping[str, object]) -> int:
    """Return the largest distance in days between alarm days of this method that belong to one episode.

    28 for single and for first cases, the window of k in a window and of k places, 7 for everything else.
    """
    if method in _CLUSTERS:
        return _reach(parameters, _window(method, parameters))
    return _GAPS.get(method, _ORDINARY_GAP)


def window_of(method: str, parameters: Mapping[str, object]) -> int:
    """Return how many days, up to and with the judged one, hold the cases that an alarm of this method is about.

    CUSUM sums without a fixed window; seven days stand for it, or one sum where it judges longer ones.
    """
    if method in _STEPS or "window" in parameters or method in _SUMS:
        return _reach(parameters, _STEPS.get(method) or _window(method, parameters))
    return max(_WEEK, _reach(parameters, 1))


def observed_days(method: str, parameters: Mapping[str, object]) -> int:
    """Return how many days, up to and with the judged one, the method adds up before it compares.

    One step or its window of them: a step is a day, or so many as ``sum_over`` says.
    """
    return _reach(parameters, _window(method, parameters) if method in _SUMS else 1)


def _reach(parameters: Mapping[str, object], steps: int) -> int:
    """Return the days under so many steps, whose sums lie side by side or begin a day apart."""
    length = _days(parameters, "sum_over", 1)
    return steps + length - 1 if parameters.get("overlapping", False) else steps * length


def _window(method: str, parameters: Mapping[str, object]) -> int:
    return _days(parameters, "window", _DEFAULTS.get(method, _WEEK))


def _days(parameters: Mapping[str, object], name: str, default: int) -> int:
    value = parameters.get(name, default)
    if not isinstance(value, int) or value < 1:
        raise ValueError(f"{name} must be a positive number of days")
    return value
