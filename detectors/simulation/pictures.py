"""The pictures of docs/pictures: drawn by matplotlib, which comes with the development packages.

Light ground, labelled axes, and the colours of Okabe and Ito, which people who see few colours can tell apart.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from detectors.simulation.entrants import CONTEST
from detectors.simulation.equal_alarms import LIMIT, Outcome
from detectors.simulation.generator import Batch
from detectors.simulation.intervals import Interval
from detectors.simulation.measures import Tally
from detectors.simulation.scenarios import CASES, JUDGED, JUDGED_FROM, LEVELS, YEAR

BLACK, BLUE, RED, GREEN, ORANGE, PINK, SKY = "#000000", "#0072b2", "#d55e00", "#009e73", "#e69f00", "#cc79a7", "#56b4e9"
GREY = "#8a8a8a"

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

BOUNDS = {"Farrington flexible": BLUE, "RKI 3": GREEN, "W8": RED, "EARS C2": ORANGE}
"""The methods whose bounds are drawn on one series."""

STYLE: Any = {
    "figure.facecolor": "white",
    "axes.facecolor": "white",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#e4e4e4",
    "font.size": 10,
    "font.family": "DejaVu Sans",
    "svg.hashsalt": "detectors",
    "legend.frameon": False,
}


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
            "detectors-bounds": bounds(test),
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


def bounds(test: Batch, scenario: int = 29) -> Figure:
    """One series of a seasonal scenario, the bounds of some methods on it and their alarms, by their defaults."""
    start = test.outbreak.argmax(axis=1)
    clear = (test.scenario == scenario) & (start >= 10) & (start < JUDGED - 10)
    row = int(np.argmax(np.where(clear, test.current_size, -test.scenario)))
    counts, outbreak = test.counts[row : row + 1], test.outbreak[row]
    figure = Figure(figsize=(9, 5.4))
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=(4, 1))
    shown = JUDGED_FROM - YEAR
    weeks = np.arange(shown, JUDGED_FROM + JUDGED) + 1
    inside = np.zeros(weeks.size, dtype=np.int64)
    inside[YEAR:] = test.current[row]
    above.bar(weeks, counts[0, shown:], 0.8, color="#c9c9c9", label="cases")
    above.bar(weeks, inside, 0.8, bottom=counts[0, shown:] - inside, color="#5a5a5a", label="cases of the outbreak")
    contestants = {contestant.label: contestant for contestant in CONTEST}
    judged = weeks[YEAR:]
    for at, (label, colour) in enumerate(BOUNDS.items()):
        found = contestants[label].judge(counts)
        above.step(judged, found.upper[0], where="mid", color=colour, linewidth=1.7, label=f"bound of {label}")
        alarm = found.alarm[0]
        for which, marker in ((alarm & outbreak, "o"), (alarm & ~outbreak, "x")):
            below.scatter(judged[which], np.full(int(which.sum()), at), color=colour, marker=marker, s=32)
    above.axvline(JUDGED_FROM + 0.5, color=GREY, linewidth=1, linestyle=":")
    above.text(JUDGED_FROM - 0.5, above.get_ylim()[1], "history ", ha="right", va="top", color="#555555")
    above.text(JUDGED_FROM + 1.5, above.get_ylim()[1], " judged", ha="left", va="top", color="#555555")
    above.set_ylabel("cases a week")
    figure.legend(*above.get_legend_handles_labels(), loc="upper center", ncols=3, bbox_to_anchor=(0.5, 1.04))
    below.set_yticks(range(len(BOUNDS)), list(BOUNDS))
    below.set_ylim(len(BOUNDS) - 0.5, -0.5)
    below.set_xlabel("week of the series     (alarms: ● in an outbreak week, × in another)")
    return figure


def curves(outcomes: Sequence[Outcome]) -> Figure:
    """Outbreaks found against false alerts, as the threshold moves."""
    figure = Figure(figsize=(8, 5.4))
    axes = figure.subplots()
    for outcome in outcomes:
        label = outcome.contestant.label
        # A level that makes fewer alerts than a stricter one alarms for ever, in few long runs: it is left out.
        highest = np.maximum.accumulate([point.false_alerts for point in outcome.curve])
        points = [point for point, most in zip(outcome.curve, highest, strict=True) if 0 < point.false_alerts == most]
        rates, found = [point.false_alerts for point in points], [100 * point.pod for point in points]
        style = {"color": DRAWN[label], "linewidth": 2.0, "label": label} if label in DRAWN else {"color": "#cfcfcf"}
        axes.plot(rates, found, zorder=2 if label in DRAWN else 1, **style)
    axes.plot([], [], color="#cfcfcf", label="the others")
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
