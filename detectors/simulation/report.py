"""The written results: one page of simulated series, one of labelled real ones."""

import textwrap
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from detectors.simulation.alerts import MISSED
from detectors.simulation.contestants import Contestant
from detectors.simulation.equal_alarms import LIMIT, Outcome
from detectors.simulation.generator import Batch
from detectors.simulation.intervals import RESAMPLES
from detectors.simulation.labelled import FROM, Found, Labelled, find
from detectors.simulation.measures import PATIENCE, Tally
from detectors.simulation.scenarios import CASES, JUDGED, LEVELS
from detectors.simulation.tables import number, percent, table


class Run(NamedTuple):
    """What was run, so that a reader can run it again."""

    replicates: int
    seed: int


SIZES = ((1, 2), (3, 4), (5, 6), (7, 8), (9, 10))

_MEASURES = ("method", "FPR", "POD", "POD in week 1", "sensitivity", "specificity", "PPV", "NPV", "F1")

_HOW_TO_READ = f"""\
- **FPR**, false-positive rate: share of weeks with an alarm in series without a current outbreak.
- **POD**, probability of detection: share of outbreaks with an alarm between their first and their last week;
  **in week 1**: with an alarm in the first.
- **Sensitivity**, **specificity**, **PPV**, **NPV**, **F1**: by weeks, in series with one outbreak. An outbreak week is
  one with at least one case of it; outbreaks are short (three such weeks on average, half of the cases in the first),
  so no method that judges the newest week alone has a high sensitivity.
- A **false alert** is a run of consecutive alarm weeks in a series without a current outbreak.
- **Delay**: weeks from the outbreak's first week to the first alarm, of those found; and of all, where a missed one
  counts {PATIENCE} weeks.
- Brackets hold 95 % intervals: Wilson's for POD, by {RESAMPLES} bootstrap samples of series for the others."""


def simulation_page(
    run: Run,
    published: Sequence[tuple[Contestant, Tally]],
    defaults: Sequence[tuple[Contestant, Tally]],
    outcomes: Sequence[Outcome],
    test: Batch,
) -> str:
    """The page of the simulated series."""
    series = 42 * run.replicates
    return "\n\n".join(
        [
            "# Simulated outbreaks: what each method finds",
            _paragraph(
                f"""Written by `make simulate ARGS='--replicates {run.replicates} --seed {run.seed}'`; the same
                command writes the same numbers. What follows from them is said in [detectors.md](detectors.md)."""
            ),
            _paragraph(
                f"""42 scenarios after Noufaily et al. (2013), {run.replicates} series each, {series:,} in all: from
                0.1 to 158 cases a week, with and without trend and season, overdispersed up to fivefold, four past
                outbreaks in the baseline of four series in five, one current outbreak in the {JUDGED} judged weeks
                of each."""
            ),
            _HOW_TO_READ,
            "## As published",
            _paragraph(
                """With the settings of Bédubourg and Le Strat (2017), or R's own where they name none, and with R's
                quirks (`compatibility: surveillance`). Their 21 methods on their draws had FPR 0.7-59.9 %, POD
                43-89 %, specificity up to 99.4 %, sensitivity up to 79.5 %, PPV 6.5-68 % and NPV above 94 %:
                comparable in kind, not in the last digit. In percent:"""
            ),
            table(_MEASURES, [_measures(*row) for row in published]),
            "## By our defaults",
            _paragraph(
                """On weekly counts; where a method's defaults mean days (W8, EWMA), weeks stand in their place. In
                percent:"""
            ),
            table(_MEASURES, [_measures(*row) for row in defaults]),
            "## At equal false alarms",
            _paragraph(
                f"""Each method's threshold is the loosest that makes at most {LIMIT:g} false alert per 100
                series-weeks on *training* series ({series:,} others); then it is tried on the *test* series, where
                the false alerts are counted again. The methods above differ mostly in how loud they are; here they
                are equally loud. POD in percent, delay in weeks:"""
            ),
            table(
                ("method", "threshold", "false alerts / 100", "POD", "POD in week 1", "delay", "delay, missed = 4"),
                [_equal(outcome) for outcome in outcomes],
            ),
            "![POD against false alerts](pictures/simulation-curves.svg)",
            "![POD and delay at equal false alarms](pictures/simulation-equal.svg)",
            "### By how many cases a week",
            "The same, with a threshold for each class of series. POD in percent; a dash: none keeps the limit.",
            table(
                ("method", *(f"{name}: {CASES[name]} a week" for name in LEVELS)),
                [(outcome.contestant.label, *(_pod(outcome.found[name]) for name in LEVELS)) for outcome in outcomes],
            ),
            "![POD by cases a week](pictures/simulation-classes.svg)",
            "### By the size of the outbreak",
            _paragraph(
                """At the thresholds of all series together. An outbreak of size k has k standard deviations of a week's
                count as cases, on average. POD in percent:"""
            ),
            table(
                ("method", *(f"k = {low}-{high}" for low, high in SIZES)),
                [(outcome.contestant.label, *_by_size(outcome.found["all"], test)) for outcome in outcomes],
            ),
        ]
    )


def labelled_page(
    run: Run, series: Sequence[Labelled], source: str, contestants: Sequence[tuple[Contestant, float | None]]
) -> str:
    """The page of the labelled series, as counts: outbreaks are few."""
    marked = [one.name for one in series if one.outbreak[FROM:].any()]
    names = "; ".join(f"{one.name}, {one.cases.size} weeks with {one.cases.sum():,} cases" for one in series)
    headers = ("method", *marked, "found", "false alerts", "false weeks", "of weeks")
    as_set, tuned = [], []
    for contestant, level in contestants:
        as_set.append(_labelled(contestant.label, marked, {one.name: find(contestant, one) for one in series}))
        if level is not None:
            found = {one.name: find(contestant, one, level) for one in series}
            tuned.append(_labelled(contestant.label, marked, found))
    return "\n\n".join(
        [
            "# Real series with marked outbreaks",
            _paragraph(
                f"""Written by `make simulate ARGS='--replicates {run.replicates} --seed {run.seed} --labelled DIR'`.
                The series: {names}. {source}"""
            ),
            _paragraph(
                f"""The first {FROM} weeks are history only; {len(marked)} of the series have an outbreak later. With so
                few, counts are given and no percentages. Under each outbreak stands the delay in weeks from its first
                marked week to the first alarm within it; a dash where the method could not judge that first week for
                want of history. A false alert is a run of alarm weeks that touches no marked week, and a false week an
                alarm week outside the marks; many may be outbreaks that nobody marked."""
            ),
            "## By our defaults",
            table(headers, [row for row in as_set if row]),
            "## With the thresholds of the simulation",
            _paragraph(
                f"""Those of [simulation.md](simulation.md), tuned to {LIMIT:g} false alert per 100 weeks on simulated
                training series of all kinds together; none was tuned on the series here."""
            ),
            table(headers, [row for row in tuned if row]),
        ]
    )


def _paragraph(text: str) -> str:
    return textwrap.fill(" ".join(text.split()), 120, break_long_words=False, break_on_hyphens=False)


def _measures(contestant: Contestant, found: Tally) -> tuple[str, ...]:
    return (
        contestant.label,
        percent(found.fpr(), 1),
        percent(found.pod()),
        percent(found.pod_first_week()),
        percent(found.sensitivity()),
        percent(found.specificity(), 1),
        percent(found.ppv()),
        percent(found.npv(), 1),
        percent(found.f1()),
    )


def _equal(outcome: Outcome) -> tuple[str, ...]:
    found, level = outcome.found["all"], outcome.level["all"]
    if found is None or level is None:
        least = min(point.false_alerts for point in outcome.curve)
        return outcome.contestant.label, "none is quiet enough", f"at least {least:.2f}", *["–"] * 4
    return (
        outcome.contestant.label,
        outcome.contestant.tell(level),
        number(found.false_alerts(), 2),
        percent(found.pod()),
        percent(found.pod_first_week()),
        number(found.mean_delay(), 2),
        number(found.restricted_delay(), 2),
    )


def _by_size(found: Tally | None, test: Batch) -> tuple[str, ...]:
    sizes = [(test.current_size >= low) & (test.current_size <= high) for low, high in SIZES]
    return tuple(_pod(None if found is None else found.of(rows)) for rows in sizes)


def _pod(found: Tally | None) -> str:
    return "–" if found is None else percent(found.pod())


def _labelled(label: str, marked: Sequence[str], found: Mapping[str, Found]) -> tuple[str, ...] | None:
    judged = sum(one.judged for one in found.values())
    if not judged:
        return None
    delays = [delay for one in found.values() for delay in one.delays]
    return (
        label,
        *(
            ", ".join("missed" if delay == MISSED else str(delay) for delay in found[name].delays) or "–"
            for name in marked
        ),
        f"{sum(delay != MISSED for delay in delays)} of {len(delays)}",
        str(sum(one.false_alerts for one in found.values())),
        str(sum(one.false_weeks for one in found.values())),
        str(judged),
    )
