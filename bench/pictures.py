"""Pictures of what was measured, for docs/pictures: SVG by matplotlib, the same numbers the same file."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

if TYPE_CHECKING:
    from bench.growth import Growth

# Colours that people who see few of them can tell apart: Okabe M., Ito K. (2008): Color universal design.
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#e69f00", "#cc79a7", "#56b4e9", "#000000", "#8a8a8a")
MARKERS = ("o", "s", "^")
DASHES = ("-", "--", "-.")
STYLE: Any = {
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "figure.facecolor": "white",
    "axes.facecolor": "white",
    "grid.color": "#e4e4e4",
    "font.family": "DejaVu Sans",
    "font.size": 10,
    "legend.frameon": False,
    "svg.hashsalt": "bench",
}


def draw_growth(found: Sequence[Growth], factors: Sequence[int], file: Path) -> None:
    """Draw time and memory of each method over the factors of series and of steps, all axes logarithmic.

    Parameters
    ----------
    found
        What was measured; one line each.
    factors
        Times the base.
    file
        Written.
    """
    panels: list[tuple[str, str, Callable[[Growth], list[float]]]] = [
        ("times the series", "CPU seconds", lambda growth: growth.series),
        ("times the history judged", "CPU seconds", lambda growth: growth.steps),
        ("times the series", "MiB held", lambda growth: growth.series_mb),
        ("times the history judged", "MiB held", lambda growth: growth.steps_mb),
    ]
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(9, 8), layout="constrained")
        grid = figure.subplots(2, 2, sharex=True, sharey="row")
        for axes, (across, up, values) in zip(grid.flat, panels, strict=True):
            _panel(axes, across, up, [(growth.method, values(growth)) for growth in found], factors)
        handles, labels = grid.flat[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", ncols=6)
        file.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(file, metadata={"Date": None})


def _panel(axes: Axes, across: str, up: str, lines: Sequence[tuple[str, list[float]]], factors: Sequence[int]) -> None:
    for number, (method, values) in enumerate(lines):
        turn, colour = divmod(number, len(COLOURS))
        axes.plot(
            factors, values, DASHES[turn], color=COLOURS[colour], marker=MARKERS[turn], markersize=4, label=method
        )
    lowest = min(min(values) for _, values in lines)
    axes.plot(
        factors,
        [lowest * factor for factor in factors],
        color="#8a8a8a",
        linestyle=":",
        zorder=0,
        label="in proportion",
    )
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xticks(factors, [str(factor) for factor in factors])
    axes.minorticks_off()
    axes.set_xlabel(across)
    axes.set_ylabel(up)
