"""A small desk: reports in, the real detectors and the real assembly, the alerts that were told.

It counts and judges one series from scratch at each evaluation, so that what the tests compare is the alert rules.
"""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
import pytest

import detectors
from alerts.assembly import Judged, assemble
from alerts.state import AlertState, Computed, Evidence, Moment
from alerts.transitions import transitions
from catalogue.loader import load
from catalogue.model import Catalogue, Signal

ORIGIN = (dt.date(2021, 1, 1) - dt.date(1970, 1, 1)).days
HISTORY = 70
REASONS = {int(r): r.name for r in detectors.Reason}


@dataclass
class Desk:
    """One series of one signal. Days of reports are counted from ORIGIN + HISTORY."""

    signal: Signal
    level: str = "county"
    area: str = "420106"
    today: int = 0
    reports: dict[str, tuple[int, int, bool]] = field(default_factory=dict)
    told: dict[str, AlertState] = field(default_factory=dict)
    history: list[AlertState] = field(default_factory=list)

    def apply(self, report: str, revision: int, day: int, retracted: bool = False) -> None:
        """Take one revision; the highest wins, whatever the order."""
        held = self.reports.get(report)
        if held is None or held[0] < revision:
            self.reports[report] = (revision, day, retracted)
        self.today = max(self.today, day)

    def counts(self) -> np.ndarray:
        counts = np.zeros(HISTORY + self.today + 1, dtype=np.int64)
        for _, day, retracted in self.reports.values():
            counts[HISTORY + day] += not retracted
        return counts

    def computed(self) -> list[Computed]:
        counts = self.counts()
        dates = np.datetime64(ORIGIN, "D") + np.arange(len(counts))
        judged = []
        stated = self.signal.judging_on(dt.date(2021, 6, 1)).levels[self.level]  # type: ignore[index]
        members = [
            detectors.Member(detectors.build(use.method, use.parameters), use.speaks, use.minimum)
            for use in stated.uses
        ]
        policy = detectors.Policy(members, stated.agree, stated.minimum, stated.fallback)
        said = policy.judge(counts[None, :], first=0, dates=dates)
        for use, member in zip(stated.uses, members, strict=True):
            v = said.members[use.method]
            p_value = None if v.p_value is None else v.p_value[0]
            rows = (v.expected[0], v.upper[0], v.score[0], p_value, said.heard[use.method][0], v.reason[0])
            judged.append(Judged(use, ORIGIN, *rows, member.detector.lookback, use.method in stated.heard))
        today = ORIGIN + HISTORY + self.today
        alarm_days = (np.flatnonzero(said.alarm[0]) + ORIGIN).tolist()
        return assemble(self.signal, self.area, self.level, counts, ORIGIN, judged, alarm_days, today, REASONS)

    def between(self, first: int, last: int) -> list[int]:
        counts = self.counts()
        return [int(counts[d - ORIGIN]) if 0 <= d - ORIGIN < len(counts) else 0 for d in range(first, last + 1)]

    def evaluate(self) -> list[AlertState]:
        """Evaluate and tell; return what was told now."""
        today = ORIGIN + HISTORY + self.today
        moment = Moment(clock=today * 86_400_000, today=today, catalogue="test", marker=(), marker_id="")
        events = transitions(self.told.values(), self.computed(), moment, self.between)
        for event in events:
            before = self.told.get(event.alert_id)
            assert event.revision == (before.revision + 1 if before else 1)
            self.told[event.alert_id] = event
        self.history += events
        assert transitions(self.told.values(), self.computed(), moment, self.between) == []
        return events

    def day(self, number: int) -> int:
        return ORIGIN + HISTORY + number

    def current(self) -> list[AlertState]:
        return sorted((a for a in self.told.values() if a.current), key=lambda a: a.first_day)

    def one(self) -> AlertState:
        (alert,) = self.current()
        return alert


@pytest.fixture(scope="session")
def built_in() -> Catalogue:
    return load(probe=detectors.build)


@pytest.fixture(scope="session")
def desk(built_in: Catalogue) -> type:
    """Class whose call gives a desk for a signal's name: ``desk("measles.cases")``."""

    class Opened(Desk):
        def __init__(self, signal: str | Signal, level: str = "county") -> None:
            chosen = built_in.signals[signal] if isinstance(signal, str) else signal
            super().__init__(chosen, level)

        def cases(self, day: int, names: Iterable[str]) -> None:
            for name in names:
                self.apply(name, 1, day)

    return Opened


@pytest.fixture(scope="session")
def episode() -> object:
    """Function that gives a `Computed` of a made-up series, for the rules that need no counts."""

    def make(
        first: int,
        *days: int,
        cases: int = 3,
        peak: int = 3,
        ended: bool = False,
        method: str = "w8",
        severity: str = "medium",
        continues: int | None = None,
        every_case: bool = False,
        revised_day: int | None = None,
    ) -> Computed:
        alarm_days = (first, *days)
        last = alarm_days[-1]
        evidence = Evidence(method, "{}", True, last, 3.0, 0.1, 2.0, 9.0, None, True, "", alarm_days)
        counts = [0] * (last - first + 7)
        counts[-1] = cases
        return Computed(
            "measles.cases", "measles", "420106", "county", severity, 24, every_case, first, last, alarm_days, ended,
            continues, cases, cases, peak, (evidence,), first - 6, tuple(counts), False, revised_day,
        )  # fmt: skip

    return make
