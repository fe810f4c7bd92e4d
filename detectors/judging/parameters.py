"""Checks of a method's parameters: the message names the parameter, what it must be and what it was."""

import math
from typing import Any


class ParameterError(ValueError):
    """A method does not exist, or a parameter of it does not, or lies outside its range."""


def whole(name: str, value: Any, *, least: int = 0) -> None:
    """A whole number of at least `least`."""
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise ParameterError(f"{name} must be a whole number of at least {least}, not {value!r}")


def number(name: str, value: Any, *, above: float = -math.inf, least: float = -math.inf) -> None:
    """A finite number above `above` and of at least `least`."""
    plain = isinstance(value, int | float) and not isinstance(value, bool)
    if not plain or not math.isfinite(value) or value <= above or value < least:
        limit = f" above {above}" if above > -math.inf else f" of at least {least}" if least > -math.inf else ""
        raise ParameterError(f"{name} must be a number{limit}, not {value!r}")


def probability(name: str, value: Any) -> None:
    """A number strictly between 0 and 1."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 1:
        raise ParameterError(f"{name} must lie between 0 and 1, not {value!r}")


def flag(name: str, value: Any) -> None:
    """True or False."""
    if not isinstance(value, bool):
        raise ParameterError(f"{name} must be true or false, not {value!r}")


def choice(name: str, value: Any, allowed: tuple[str, ...]) -> None:
    """One of some words."""
    if value not in allowed:
        raise ParameterError(f"{name} must be one of {', '.join(allowed)}, not {value!r}")
