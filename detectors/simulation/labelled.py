"""Real series whose outbreak weeks somebody has marked: outbreaks found and false alerts, as counts.

A folder holds CSV files with the columns `series`, `cases`, `outbreak` (0 or 1, true or false) and, if wanted, `unit`;
further columns are ignored. The rows of a series are consecutive weeks; those of its units are added up week by week.
A file SOURCES.txt, if there is one, is quoted with the results.
"""

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from detectors.judging.verdicts import Reason
from detectors.simulation.alerts import MISSED, alert_starts
from detectors.simulation.contestants import Contestant

Flags = NDArray[np.bool_]

FROM = 26
"""The first week that is judged: half a year of history."""
_FLAGS = {"0": False, "1": True, "false": False, "true": True}


@dataclass(frozen=True, slots=True)
class Labelled:
    """A weekly series and its marked weeks.

    Parameters
    ----------
    name : str
    cases : (W,) int64
    outbreak : (W,) bool
    """

    name: str
    cases: NDArray[np.int64]
    outbreak: Flags


class Found(NamedTuple):
    """What a method found in one series.

    Parameters
    ----------
    judged : int
        Weeks that are no outbreak weeks and have a verdict.
    delays : list of int
        For each run of outbreak weeks whose first week has a verdict, the weeks to the first alarm in it; -1 where it
        was missed.
    false_alerts, false_weeks : int
        Runs of alarm weeks that touch no outbreak week, and alarm weeks outside outbreaks.
    """

    judged: int
    delays: list[int]
    false_alerts: int
    false_weeks: int


def read(folder: Path) -> list[Labelled]:
    """The series of all CSV files of a folder, by name.

    Raises
    ------
    ValueError
        No CSV file, a column or value that is missing, or units of different lengths; it names file and line.
    """
    files = sorted(folder.glob("*.csv"))
    if not files:
        raise ValueError(f"{folder}: no CSV file")
    rows: dict[str, dict[str, list[tuple[int, bool]]]] = {}
    for file in files:
        with file.open(encoding="utf-8", newline="") as lines:
            reader = csv.DictReader(lines)
            for column in ("series", "cases", "outbreak"):
                if column not in (reader.fieldnames or ()):
                    raise ValueError(f"{file.name}: no column {column!r}; it needs series, cases, outbreak")
            for row in reader:
                units = rows.setdefault(row["series"], {})
                units.setdefault(row.get("unit") or "", []).append(_week(row, f"{file.name}, line {reader.line_num}"))
    return [_series(name, units) for name, units in sorted(rows.items())]


def sources(folder: Path) -> str:
    """Where the series of a folder come from, in the words of its SOURCES.txt."""
    file = folder / "SOURCES.txt"
    return file.read_text(encoding="utf-8").strip() if file.exists() else ""


def _week(row: dict[str, str], where: str) -> tuple[int, bool]:
    cases, flag = row["cases"], _FLAGS.get(row["outbreak"].strip().lower())
    if not cases.isdigit():
        raise ValueError(f"{where}: cases must be a whole number, not {cases!r}")
    if flag is None:
        raise ValueError(f"{where}: outbreak must be 0, 1, true or false, not {row['outbreak']!r}")
    return int(cases), flag


def _series(name: str, units: dict[str, list[tuple[int, bool]]]) -> Labelled:
    lengths = {len(weeks) for weeks in units.values()}
    if len(lengths) > 1:
        raise ValueError(f"series {name!r}: its units have {' and '.join(map(str, sorted(lengths)))} weeks")
    weeks = list(units.values())
    cases = np.array([[count for count, _ in unit] for unit in weeks], dtype=np.int64)
    flags = np.array([[flag for _, flag in unit] for unit in weeks], dtype=np.bool_)
    return Labelled(name, cases.sum(axis=0), np.asarray(flags.any(axis=0)))


def compare(alarm: Flags, judged: Flags, outbreak: Flags) -> Found:
    """Count the alarms of one series against its marks; all (W,) bool.

    >>> alarm, outbreak = np.array([True, False, False, True, True]), np.array([False, False, True, True, False])
    >>> compare(alarm, np.ones(5, dtype=bool), outbreak)
    Found(judged=3, delays=[1], false_alerts=1, false_weeks=2)
    """
    delays = []
    for start, end in _runs(outbreak):
        if judged[start]:
            hits = np.flatnonzero(alarm[start:end])
            delays.append(int(hits[0]) if hits.size else MISSED)
    false_alerts = sum(not outbreak[start:end].any() for start, end in _runs(alarm))
    return Found(int((judged & ~outbreak).sum()), delays, false_alerts, int((alarm & ~outbreak).sum()))


def find(contestant: Contestant, series: Labelled, level: float | None = None) -> Found:
    """What a method finds as it is set, or at a level to which it was tuned elsewhere."""
    counts = series.cases[np.newaxis]
    first = min(FROM, counts.shape[1])
    judged = contestant.judge(counts, first).reason[0] == Reason.JUDGED
    if level is None:
        alarm = contestant.alarms(counts, first)[0]
    else:
        alarm = contestant.grade(counts, np.array([level]), first)[0, 0]
    return compare(alarm, judged, series.outbreak[first:])


def _runs(flags: Flags) -> list[tuple[int, int]]:
    starts = np.flatnonzero(alert_starts(flags))
    ends = flags.size - np.flatnonzero(alert_starts(flags[::-1]))[::-1]
    return list(zip(starts.tolist(), ends.tolist(), strict=True))
