"""The pictures of docs/pictures: drawn by matplotlib, which comes with the development packages."""

from collections.abc import Callable, Sequence
from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from detectors.simulation import examples
from detectors.simulation.equal_alarms import LIMIT, Outcome
from detectors.simulation.generator import Batch
from detectors.simulation.intervals import Interval
from detectors.simulation.measures import Tally
from detectors.simulation.scenarios import CASES, LEVELS
from detectors.simulation.style import BLACK, BLUE, GREEN, GREY, ORANGE, PALE, PINK, RED, SKY, STYLE

DRAWN = {
    "Farrington flexible": BLUE,
    "Farrington": SKY,
    "Bayes 3": GREEN,
    "CDC": BLACK,
    "W8": RED,
    "EARS C2": ORANGE,
    "CUSUM Rossi, 26 weeks": PINK,
}
"""The methods that have a colour in the curves; the others are grey."""


def draw(folder: Path, outcomes: Sequence[Outcome], test: Batch) -> list[Path]:
    """Draw all pictures.

    Parameters
    ----------
    folder : Path
        Where they go; it must exist.
    outcomes : sequence of Outcome
        Best first.
    test : Batch
        The series of which one is shown with its bounds.
    """
    with mpl.rc_context(STYLE):
        figures = {
            "detectors-bounds": examples.bounds(test),
            "detectors-scan": examples.cluster(),
            "detectors-nowcast": examples.late_reports(),
            "simulation-curves": curves(outcomes),
            "simulation-equal": equal(outcomes),
            "simulation-classes": classes(outcomes),
        }
        paths = []
        for name, figure in figures.items():
            paths.append(folder / f"{name}.svg")
            # Without the date, and with a salt of its own, the same numbers give the same file.
            figure.savefig(paths[-1], metadata={"Date": None}, bbox_inches="tight")
    return paths


def curves(outcomes: Sequence[Outcome]) -> Figure:
    """Outbreaks found against false alerts, as the threshold moves."""
    figure = Figure(figsize=(8, 5.4))
    axes = figure.subplots()
    for outcome in outcomes:
        label = outcome.contestant.label
        rates = np.array([point.false_alerts for point in outcome.curve])
        found = np.array([100 * point.pod for point in outcome.curve])
        # Where the rate falls although the level is looser, the method alarms for ever, in few long runs.
        turned = np.flatnonzero(rates < 0.9 * np.maximum.accumulate(rates))
        shown = slice(0, turned[0] if turned.size else None)
        style = {"color": DRAWN[label], "linewidth": 2.0, "label": label} if label in DRAWN else {"color": PALE}
        axes.plot(rates[shown], found[shown], zorder=2 if label in DRAWN else 1, **style)
    axes.plot([], [], color=PALE, label="the others")
    axes.axvline(LIMIT, color=GREY, linewidth=1, linestyle=":")
    axes.set_xscale("log")
    axes.set_xlim(0.05, 30)
    axes.set_ylim(0, 100)
    axes.set_xticks([0.1, 0.3, 1, 3, 10, 30], ["0.1", "0.3", "1", "3", "10", "30"])
    axes.set_xlabel("false alerts per 100 weeks without outbreak (logarithmic)")
    axes.set_ylabel("outbreaks found, %")
    axes.legend(loc="upper left")
    return figure


def equal(outcomes: Sequence[Outcome]) -> Figure:
    """POD and delays at the limit, with their intervals."""
    kept = [(outcome.contestant.label, outcome.found["all"]) for outcome in outcomes]
    rows = [(label, found) for label, found in kept if found is not None][::-1]
    figure = Figure(figsize=(9, 0.29 * len(rows) + 1.2))
    panels = figure.subplots(1, 3, sharey=True)
    measures: list[tuple[str, Callable[[Tally], Interval], float, str]] = [
        ("outbreaks found, %", Tally.pod, 100, BLUE),
        ("found in their first week, %", Tally.pod_first_week, 100, RED),
        ("mean delay in weeks, missed = 4", Tally.restricted_delay, 1, BLACK),
    ]
    for axes, (title, measure, scale, colour) in zip(panels, measures, strict=True):
        _dots(axes, [measure(found) for _, found in rows], scale, colour)
        axes.set_xlabel(title)
    panels[0].set_yticks(range(len(rows)), [label for label, _ in rows])
    panels[0].set_xlim(0, 70)
    panels[1].set_xlim(0, 70)
    panels[2].set_xlim(0, 4)
    figure.subplots_adjust(wspace=0.08)
    return figure


def classes(outcomes: Sequence[Outcome]) -> Figure:
    """POD at the limit by how many cases a week the series have, each class with thresholds of its own."""
    rows = list(outcomes)[::-1]
    figure = Figure(figsize=(9, 0.29 * len(rows) + 1.2))
    panels = figure.subplots(1, len(LEVELS), sharey=True)
    for axes, name in zip(panels, LEVELS, strict=True):
        found = [outcome.found[name] for outcome in rows]
        missing = Interval(np.nan, np.nan, np.nan)
        _dots(axes, [missing if one is None else one.pod() for one in found], 100, BLUE)
        axes.set_title(f"{name}: {CASES[name]} a week", fontsize=10)
        axes.set_xlim(0, 80)
        axes.set_ylim(-0.8, len(rows) - 0.2)
        axes.set_xlabel("found, %")
    panels[0].set_yticks(range(len(rows)), [outcome.contestant.label for outcome in rows])
    figure.subplots_adjust(wspace=0.08)
    return figure


def _dots(axes: Axes, intervals: Sequence[Interval], scale: float, colour: str) -> None:
    for at, interval in enumerate(intervals):
        axes.plot([scale * interval.low, scale * interval.high], [at, at], color=colour, linewidth=1.4, alpha=0.55)
        axes.plot(scale * interval.value, at, "o", color=colour, markersize=5)
