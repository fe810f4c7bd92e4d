"""Pictures of one example each: what a method looks at, and what it says."""

import numpy as np
from matplotlib.figure import Figure

import detectors
from detectors import space_time
from detectors.late_reports.nowcast import nowcast
from detectors.simulation.entrants import CONTEST
from detectors.simulation.generator import Batch
from detectors.simulation.scenarios import JUDGED, JUDGED_FROM, YEAR
from detectors.simulation.style import BLACK, BLUE, DARK, GREEN, GREY, ORANGE, PALE, RED

BOUNDS = {"Farrington flexible": BLUE, "RKI 3": GREEN, "W8": RED, "EARS C2": ORANGE}
"""The methods whose bounds are drawn on one series."""


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
    above.bar(weeks, counts[0, shown:], 0.8, color=PALE, label="cases")
    above.bar(weeks, inside, 0.8, bottom=counts[0, shown:] - inside, color=DARK, label="cases of the outbreak")
    contestants = {contestant.label: contestant for contestant in CONTEST}
    judged = weeks[YEAR:]
    for at, (label, colour) in enumerate(BOUNDS.items()):
        found = contestants[label].judge(counts)
        above.step(judged, found.upper[0], where="mid", color=colour, linewidth=1.7, label=f"bound of {label}")
        alarm = found.alarm[0]
        for which, marker in ((alarm & outbreak, "o"), (alarm & ~outbreak, "x")):
            below.scatter(judged[which], np.full(int(which.sum()), at), color=colour, marker=marker, s=32)
    above.axvline(JUDGED_FROM + 0.5, color=GREY, linewidth=1, linestyle=":")
    above.text(JUDGED_FROM - 0.5, above.get_ylim()[1], "history ", ha="right", va="top", color=DARK)
    above.text(JUDGED_FROM + 1.5, above.get_ylim()[1], " judged", ha="left", va="top", color=DARK)
    above.set_ylabel("cases a week")
    figure.legend(*above.get_legend_handles_labels(), loc="upper center", ncols=3, bbox_to_anchor=(0.5, 1.04))
    below.set_yticks(range(len(BOUNDS)), list(BOUNDS))
    below.set_ylim(len(BOUNDS) - 0.5, -0.5)
    below.set_xlabel("week of the series     (alarms: ● in an outbreak week, × in another)")
    return figure


def cluster(seed: int = 2) -> Figure:
    """An outbreak spread over ten neighbouring places, each with too few cases to alarm by itself."""
    random = np.random.default_rng(seed)
    places, days = 250, 75
    latitude, longitude = 31 + random.uniform(-0.9, 0.9, places), 112 + random.uniform(-1.05, 1.05, places)
    population = np.round(random.lognormal(10.5, 0.6, places))
    counts = random.poisson(np.outer(population / population.mean() * 0.06, np.ones(days)))
    geometry = space_time.Geometry.of(latitude, longitude)
    centre = int(np.argmin((latitude - 31.25) ** 2 + (longitude - 112.4) ** 2))
    struck = geometry.order[centre, :10]
    counts[struck, -7:] += random.poisson(0.25, (struck.size, 7))
    found = space_time.scan(counts[:, -28:], geometry, population=population, max_days=14, max_share=0.2, seed=1)
    first = found.clusters[0]
    alone = detectors.build("w8", {}).judge(counts, first=days - 7).alarm.any(axis=1)
    figure = Figure(figsize=(7.4, 6))
    axes = figure.subplots()
    week = counts[:, -7:].sum(axis=1)
    axes.scatter(longitude, latitude, 8, color=PALE, label="a place without a case this week")
    some = week > 0
    axes.scatter(
        longitude[some], latitude[some], 22 * week[some], color=DARK, alpha=0.7, label="cases this week, by area"
    )
    axes.scatter(
        longitude[struck], latitude[struck], 150, facecolors="none", edgecolors=RED, linewidth=1.5, label="the outbreak"
    )
    axes.scatter(
        longitude[alone],
        latitude[alone],
        60,
        color=ORANGE,
        marker="x",
        label=f"W8 alarms on a place by itself: {alone.sum()}",
    )
    angle = np.linspace(0, 2 * np.pi, 200)
    degrees = first.radius_km / 111.2 + 0.02
    axes.plot(
        longitude[first.centre] + degrees / np.cos(np.radians(31)) * np.cos(angle),
        latitude[first.centre] + degrees * np.sin(angle),
        color=BLUE,
        linewidth=2,
        label=f"the scan's cluster: {first.observed} cases in {first.days} days,\n{first.expected:.1f} expected, "
        f"p = {first.p_value:.3f}",
    )
    axes.set_aspect(1 / np.cos(np.radians(31)))
    axes.set_xlabel("longitude, degrees")
    axes.set_ylabel("latitude, degrees")
    figure.legend(*axes.get_legend_handles_labels(), loc="upper center", ncols=2, bbox_to_anchor=(0.5, 1.06))
    return figure


def late_reports(seed: int = 5) -> Figure:
    """A rise whose last days look like a fall, because reports are late."""
    random = np.random.default_rng(seed)
    days, longest = 60, 14
    mean = 12 * np.exp(np.maximum(np.arange(days) - 42, 0) * 0.09)
    share = np.exp(-np.arange(longest + 1) / 3.5)
    triangle = random.poisson(np.outer(mean, share / share.sum()))
    final = triangle.sum(axis=1)
    found = nowcast(triangle)
    figure = Figure(figsize=(8, 4.2))
    axes = figure.subplots()
    shown = slice(days - 35, days)
    back = np.arange(days)[shown] - (days - 1)
    axes.bar(back, found.reported[0, shown], 0.8, color=PALE, label="reported by today")
    axes.fill_between(back, found.lower[0, shown], found.upper[0, shown], color=BLUE, alpha=0.25, label="95 % interval")
    axes.plot(back, found.median[0, shown], color=BLUE, linewidth=2, label="nowcast")
    axes.plot(back, final[shown], color=BLACK, linewidth=1.2, marker=".", label="what it came to, weeks later")
    axes.set_ylim(0, None)
    axes.set_xlabel("day of onset (0 is today)")
    axes.set_ylabel("cases a day")
    axes.legend(loc="upper left")
    return figure
