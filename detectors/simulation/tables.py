"""Tables in Markdown, and the numbers in them."""

import math
from collections.abc import Sequence

from detectors.simulation.intervals import Interval


def table(headers: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table whose first column is text and whose others are numbers.

    >>> print(table(("a", "b"), [("x", "1")]))
    | a | b |
    | - | -: |
    | x | 1 |
    """
    widths = [max(len(row[at]) for row in (headers, *rows)) for at in range(len(headers))]
    lines = []
    for row in (headers, *rows):
        cells = [cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)]
        lines.append(f"| {' | '.join([row[0].ljust(widths[0]), *cells])} |")
    rule = ["-" * widths[0], *("-" * max(width - 1, 1) + ":" for width in widths[1:])]
    return "\n".join([lines[0], f"| {' | '.join(rule)} |", *lines[1:]])


def percent(interval: Interval, digits: int = 0) -> str:
    """An estimated share with its interval, in percent.

    >>> percent(Interval(0.5, 0.431, 0.569))
    '50 (43-57)'
    """
    return number(Interval(*(100 * value for value in interval)), digits)


def number(interval: Interval, digits: int = 1) -> str:
    """An estimate with its interval; a dash where there is none."""
    if math.isnan(interval.value):
        return "–"
    value, low, high = (f"{part:.{digits}f}" for part in interval)
    return f"{value} ({low}-{high})"
