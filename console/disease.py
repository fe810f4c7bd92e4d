"""The page of one disease: its curve, its provinces, its open alerts, and the rules by which it is watched."""

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

from catalogue.model import Catalogue, ClassPeriod, ClockPeriod, Signal
from console import naming
from console.alert_detail import annotations
from console.case_signals import case_signals
from console.desk import briefly
from console.warehouse import Row, Warehouse
from schemas.areas import PROVINCE, areas
from schemas.pathogens import pathogens

CURVE_DAYS = 120

Json = dict[str, Any]


def _span(period: ClassPeriod | ClockPeriod) -> Json:
    first, last = period.valid_from, period.valid_to
    return {"from": first.isoformat() if first else None, "to": last.isoformat() if last else None}


def _rules(signal: Signal, day: dt.date) -> Json:
    judging = signal.judging_on(day)
    return {
        "signal": signal.id,
        "source": signal.source,
        "zh": signal.titles.get("zh", signal.id),
        "en": signal.titles.get("en", signal.id),
        "severity": judging.severity,
        "clock_hours": judging.clock_hours,
        "every_case": judging.every_case,
        "from": judging.valid_from.isoformat() if judging.valid_from else None,
        "levels": [
            {
                "level": level,
                "agree": policy.agree,
                "minimum": policy.minimum,
                "fallback": policy.fallback,
                "uses": [
                    {"method": u.method, "parameters": dict(u.parameters), "speaks": u.speaks, "minimum": u.minimum}
                    for u in policy.uses
                ],
            }
            for level, policy in judging.levels.items()
        ],
    }


def _curves(warehouse: Warehouse, signal: str, first: dt.date, last: dt.date) -> dict[str, list[int]]:
    """Return daily counts of the nation and of each province that had any."""
    rows: list[Row] = warehouse.rows(
        "disease",
        f"SELECT area, day, count FROM {warehouse.database}.aggregates WHERE signal = {{signal:String}} "
        "AND level IN ('nation', 'province') AND day >= {first:Date32} AND day <= {last:Date32}",
        {"signal": signal, "first": first, "last": last},
    )
    days = (last - first).days + 1
    found: dict[str, list[int]] = {}
    for row in rows:
        found.setdefault(row["area"], [0] * days)[(row["day"] - first).days] = row["count"]
    return found


def _provinces(curves: Mapping[str, list[int]], alerts: Iterable[Json]) -> list[Json]:
    table = areas()
    alerted: dict[str, int] = {}
    for alert in alerts:
        code = alert["area"]["code"][:2]
        if alert["area"]["level"] in ("county", "prefecture", "province"):
            alerted[code] = alerted.get(code, 0) + 1
    found = []
    for node in table.at_level(PROVINCE).tolist():
        code = str(table.code[node])
        counts = curves.get(code, [])
        week, before = sum(counts[-7:]), sum(counts[-14:-7])
        found.append(
            {**naming.area(code, "province"), "week": week, "before": before, "alerts": alerted.get(code[:2], 0)}
        )
    return sorted(found, key=lambda province: (-province["week"], -province["alerts"], province["code"]))


def _names(catalogue: Catalogue, code: str, day: dt.date) -> Json | None:
    if (
        code not in catalogue.diseases
        and code not in pathogens()
        and all(signal.disease != code for signal in catalogue.signals.values())
    ):
        return None
    return naming.disease(catalogue, code, day)


def disease_page(
    warehouse: Warehouse,
    catalogue: Catalogue,
    open_alerts: Iterable[Mapping[str, Any]],
    code: str,
    today: dt.date | None,
) -> Json | None:
    """Return what the page of a disease shows, or None where no disease, pathogen or signal has that code.

    Parameters
    ----------
    warehouse
        Where aggregates are read.
    catalogue
        Names, classes, clocks, rules, annotations.
    open_alerts
        As the list shows them.
    code
        Of a disease, or of a pathogen whose findings are no notifiable disease.
    today
        Civil day of the clock; None where nothing has arrived yet: rules are shown as of the last ones in force.
    """
    day = today or dt.date.max
    names = _names(catalogue, code, day)
    if names is None:
        return None
    known = catalogue.diseases.get(code)
    counted = any(signal.disease == code for signal in case_signals(catalogue))
    alerts = [briefly(alert) for alert in open_alerts if alert["disease"]["code"] == code]
    curves: dict[str, list[int]] = {}
    first = None
    notes: list[Json] = []
    if today is not None and counted:
        first = today - dt.timedelta(days=CURVE_DAYS - 1)
        curves = _curves(warehouse, f"{code}.cases", first, today)
        found = annotations(catalogue, code, "000000", first, today)
        notes = [{"day": note.day.isoformat(), "zh": note.text_zh, "en": note.text_en} for note in found]
    return {
        "disease": names,
        "counted": counted,
        "parent": naming.disease(catalogue, known.parent, day) if known and known.parent else None,
        "subtypes": [naming.disease(catalogue, d.code, day) for d in catalogue.diseases.values() if d.parent == code],
        "classes": [
            {**_span(period), "class": period.statutory_class, "managed_as": period.managed_as}
            for period in (known.classes if known else ())
        ],
        "report_hours": known.clock_on(day) if known else None,
        "clocks": [{**_span(p), "hours": p.hours} for p in (known.clocks if known else ())],
        "rules": [_rules(s, day) for s in catalogue.signals.values() if s.disease == code],
        "from": first.isoformat() if first else None,
        "curves": curves,
        "annotations": notes,
        "provinces": _provinces(curves, alerts) if counted else [],
        "alerts": alerts,
    }
