"""The alerts as the desk lists them: each with what bears it out, and those of several sources joined to events."""

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

from alerts.confidence import confidence
from alerts.joined import Heard, joined
from alerts.state import Evidence, day_number
from catalogue.model import Catalogue
from console import alert_rows
from console.warehouse import Row

Json = dict[str, Any]


def source_of(catalogue: Catalogue, signal: str) -> str:
    """Return the source topic of a signal; empty where the catalogue does not have it any more."""
    known = catalogue.signals.get(signal)
    return known.source if known is not None else ""


def heard(catalogue: Catalogue, row: Row) -> Heard:
    """Return what joining needs to know of an alert, from a row selected with `alert_rows.COLUMNS`."""
    return Heard(
        alert_id=row["alert_id"],
        source=source_of(catalogue, row["signal"]),
        disease=row["disease"],
        level=row["level"],
        area=row["area"],
        severity=row["severity"],
        days=tuple(day_number(day) for day in row["days"]),
        opened_at=row["opened_ms"],
    )


def _evidence(said: Json) -> Evidence:
    days = tuple(day_number(dt.date.fromisoformat(day)) for day in said["alarm_days"])
    return Evidence(
        **{**said, "parameters": "", "day": day_number(dt.date.fromisoformat(said["day"])), "alarm_days": days}
    )


def borne_out(catalogue: Catalogue, row: Row, today: dt.date | None, sources: int) -> Json:
    """Return how far an alert's own numbers bear it out, as the page words it.

    Parameters
    ----------
    catalogue
        Tells whether every case alarms.
    row
        Selected with `alert_rows.COLUMNS`.
    today
        Civil day of the clock; None stands for the alert's last day.
    sources
        Sources that tell of the same event.
    """
    signal = catalogue.signals.get(row["signal"])
    found = confidence(
        [_evidence(said) for said in alert_rows.evidence(row)],
        len(row["days"]),
        day_number(row["last_day"]),
        day_number(today or row["last_day"]),
        sources,
        every_case=signal is not None and signal.judging_on(row["last_day"]).every_case,
    )
    grounds = [{"what": g.what, "weight": g.weight, "n": round(g.n, 1), "of": g.of} for g in found.grounds]
    return {"level": found.level, "points": found.points, "grounds": grounds}


def listed(catalogue: Catalogue, row: Row, today: dt.date | None, sources: int = 1) -> Json:
    """Return what the list shows of one alert: its summary, its source, and what bears it out."""
    return {
        **alert_rows.summary(catalogue, row),
        "source": source_of(catalogue, row["signal"]),
        "confidence": borne_out(catalogue, row, today, sources),
    }


_BRIEFLY = ("id", "revision", "disease", "area", "severity", "source", "first_day", "cases_7d", "opened_at", "deadline")


def briefly(alert: Mapping[str, Any]) -> Json:
    """Return of a listed alert what a page about something else shows of it."""
    return {**{name: alert[name] for name in _BRIEFLY}, "confidence": alert["confidence"]["level"]}


class Desk:
    """The open alerts, kept current row by row.

    Parameters
    ----------
    catalogue
        Names, classes, sources.

    Attributes
    ----------
    alerts
        Open alerts by id, as `listed` shows them.
    events
        Ids of the alerts of each event, its leading alert first.
    """

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._rows: dict[str, Row] = {}
        self._heard: dict[str, Heard] = {}
        self._sources: dict[str, int] = {}
        self._today: dt.date | None = None
        self.alerts: dict[str, Json] = {}
        self.events: list[list[str]] = []

    def take(self, rows: Iterable[Row], today: dt.date | None, *, fresh: bool = False) -> list[Json]:
        """Take what was read and return what the list shows differently now, closed alerts among it.

        An alert is told again, too, where another source has joined it or the day has changed its confidence.

        Parameters
        ----------
        rows
            Every open alert where `fresh`, else those that changed; selected with `alert_rows.COLUMNS`.
        today
            Civil day of the clock.
        fresh
            Whether everything known before is void.
        """
        if fresh:
            self._rows, self._heard, self._sources, self.alerts = {}, {}, {}, {}
        # Others read `alerts` meanwhile: it is replaced, never changed.
        alerts = dict(self.alerts)
        read = list(rows)
        told = []
        for row in read:
            name = row["alert_id"]
            if row["state"] == "OPEN":
                self._rows[name], self._heard[name] = row, heard(self._catalogue, row)
                continue
            told.append(listed(self._catalogue, row, today))
            for known in (self._rows, self._heard, self._sources, alerts):
                known.pop(name, None)
        changed = {row["alert_id"] for row in read if row["state"] == "OPEN"}
        other = self._join() if read or fresh else set()
        if today != self._today:
            self._today, other = today, set(self._rows)
        for name in changed | other:
            row, sources = self._rows[name], self._sources.get(name, 1)
            if name in changed or name not in alerts:
                shown = listed(self._catalogue, row, today, sources)
            else:
                shown = {**alerts[name], "confidence": borne_out(self._catalogue, row, today, sources)}
            if shown != alerts.get(name):
                alerts[name] = shown
                told.append(shown)
        self.alerts = alerts
        return told

    def _join(self) -> set[str]:
        """Join the open alerts anew; return those that other numbers of sources tell of now."""
        events = joined(self._heard.values())
        self.events = [[alert.alert_id for alert in event] for event in events]
        sources = {alert.alert_id: len({a.source for a in event}) for event in events for alert in event}
        other = {name for name in self._rows if sources.get(name, 1) != self._sources.get(name, 1)}
        self._sources = sources
        return other
