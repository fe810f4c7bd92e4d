"""The nation at a glance: seven-day counts and open alerts by disease, province and source, and which stages move."""

import datetime as dt
import itertools
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from catalogue.model import Catalogue
from console import naming
from console.case_signals import case_signals
from console.stages import Stage
from console.warehouse import Warehouse
from console.weeks import Weeks, added, weeks
from schemas.areas import PROVINCE, areas

Json = dict[str, Any]

NATION = "000000"

#: Endings of the signals that count all of another source once, by what is counted.
_OTHER_SOURCES = {"positives": ".positivity", "travellers": "entry.ill"}


def _severities(alerts: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    return dict(Counter(alert["severity"] for alert in alerts))


def _province(alert: Mapping[str, Any]) -> str | None:
    place = alert["area"]
    return f"{place['code'][:2]}0000" if place["level"] in ("county", "prefecture", "province") else None


def _diseases(
    catalogue: Catalogue, counted: Weeks, alerts: Sequence[Mapping[str, Any]], codes: Iterable[str], day: dt.date
) -> list[Json]:
    by_disease: dict[str, list[Mapping[str, Any]]] = {}
    for alert in alerts:
        by_disease.setdefault(alert["disease"]["code"], []).append(alert)
    found = []
    for code in [*codes, *sorted(by_disease.keys() - set(codes))]:
        week, before = counted.get((f"{code}.cases", "nation", NATION), (0, 0))
        standing = by_disease.get(code, [])
        if week or before or standing:
            found.append(
                {
                    **naming.disease(catalogue, code, day),
                    "week": week,
                    "before": before,
                    "alerts": _severities(standing),
                }
            )
    return sorted(found, key=lambda one: (-one["week"], -sum(one["alerts"].values()), one["code"]))


def nation_page(
    warehouse: Warehouse,
    catalogue: Catalogue,
    open_alerts: Iterable[Mapping[str, Any]],
    stages: Iterable[Stage],
    today: dt.date | None,
    disease: str = "",
) -> Json | None:
    """Return what the national page shows, or None where there is no such disease.

    Parameters
    ----------
    warehouse
        Where aggregates are read.
    catalogue
        Names and signals.
    open_alerts
        As the list shows them.
    stages
        As last looked at.
    today
        Civil day of the clock; None where nothing has arrived yet.
    disease
        The disease that the provinces are counted for; empty is all together.
    """
    alerts = list(open_alerts)
    known = case_signals(catalogue)
    parents = [signal.disease for signal in known if catalogue.diseases[signal.disease].parent is None]
    chosen = [disease] if disease else parents
    if disease and all(signal.disease != disease for signal in known):
        return None
    ids = sorted({f"{code}.cases" for code in [*parents, *chosen]})
    counted = weeks(warehouse, "nation", ids, ["nation", "province"], today)
    other = {
        what: [s.id for s in catalogue.signals.values() if s.id.endswith(ending)]
        for what, ending in _OTHER_SOURCES.items()
    }
    beside = weeks(warehouse, "nation_sources", sorted(itertools.chain(*other.values())), ["nation"], today)
    table = areas()
    provinces = []
    for node in table.at_level(PROVINCE).tolist():
        code = str(table.code[node])
        week, before = added([counted.get((f"{one}.cases", "province", code), (0, 0)) for one in chosen])
        standing = [a for a in alerts if _province(a) == code and (not disease or a["disease"]["code"] == disease)]
        provinces.append(
            {**naming.area(code, "province"), "week": week, "before": before, "alerts": _severities(standing)}
        )
    provinces.sort(key=lambda one: (-one["week"], -sum(one["alerts"].values()), one["code"]))
    totals = {"cases": added([counted.get((f"{code}.cases", "nation", NATION), (0, 0)) for code in parents])}
    for what, signals in other.items():
        if signals:
            totals[what] = added([beside.get((signal, "nation", NATION), (0, 0)) for signal in signals])
    return {
        "upto": today.isoformat() if today else None,
        "disease": disease,
        "totals": {what: {"week": week, "before": before} for what, (week, before) in totals.items()},
        "alerts": _severities(alerts),
        "sources": dict(Counter(alert["source"] for alert in alerts)),
        "diseases": _diseases(catalogue, counted, alerts, parents, today or dt.date.max),
        "provinces": provinces,
        # Of how much waits, and since when, the head of the page tells.
        "stages": [{"name": stage.name, "state": stage.state} for stage in stages],
    }
