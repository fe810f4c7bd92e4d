"""Everything that the page of one alert shows, but for the recount (`console.explain`)."""

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

from alerts.joined import place_of
from catalogue.model import Annotation, Catalogue
from console import alert_rows, curve
from console.desk import listed
from console.neighbours import neighbours
from console.revisions import all_changes
from console.sources_beside import beside, members
from console.standing_alerts import standing_alerts
from console.warehouse import Row, Warehouse
from schemas.areas import LEVELS, areas

CLOSED_SHOWN = 500


def history(warehouse: Warehouse, alert_id: str) -> list[Row]:
    """Return every revision of an alert, newest first; empty where there is no such alert."""
    return warehouse.rows(
        "alert",
        f"SELECT {alert_rows.COLUMNS} FROM {warehouse.database}.alert_history "
        "WHERE alert_id = {id:String} ORDER BY revision DESC, _offset DESC",
        {"id": alert_id},
    )


def closed(warehouse: Warehouse) -> list[Row]:
    """Return the alerts that were ended, withdrawn or merged last."""
    chosen = f"state != 'OPEN' ORDER BY clock DESC, alert_id LIMIT {CLOSED_SHOWN}"
    return warehouse.rows("closed", f"{standing_alerts(warehouse.database, chosen)}\nORDER BY clock DESC, alert_id")


def _holds(outer: str, inner: str) -> bool:
    table = areas()
    above, node = table.index(outer), table.index(inner)
    return above <= node < int(table.end[above])


def annotations(
    catalogue: Catalogue, disease: str, place: str | None, first: dt.date, last: dt.date
) -> list[Annotation]:
    """Return the dated remarks that belong on a curve of this disease and place.

    One on a larger area holds for all within it; one on a smaller area explains a step of the larger one's curve too.
    A curve without a place, of travellers by origin, has those of the nation.
    """
    code = (place or "000000").removesuffix("u")
    return [
        note
        for note in catalogue.annotations
        if note.disease == disease
        and first <= note.day <= last
        and (_holds(note.area, code) or (place is not None and _holds(code, note.area)))
    ]


def detail(
    warehouse: Warehouse,
    catalogue: Catalogue,
    alert_id: str,
    today: dt.date | None,
    open_alerts: Iterable[Mapping[str, Any]] = (),
) -> dict[str, Any] | None:
    """Return an alert with its curve, history and surroundings, or None where there is none of that id.

    Parameters
    ----------
    warehouse
        Where it is read.
    catalogue
        Names, classes, annotations.
    alert_id
        Which one.
    today
        Civil day of the clock; None where nobody knows it yet: the alert's last day stands for it.
    open_alerts
        As the list shows them: which neighbours are in alarm.
    """
    revisions = history(warehouse, alert_id)
    if not revisions:
        return None
    newest = revisions[0]
    event = members(warehouse, catalogue, newest)
    sources = len({member["source"] for member in event}) or 1
    alert = {**alert_rows.whole(catalogue, newest), **listed(catalogue, newest, today, sources)}
    drawn = curve.curve(warehouse, newest, alert["evidence"], today or newest["last_day"])
    first = dt.date.fromisoformat(drawn["from"])
    last = first + dt.timedelta(days=len(drawn["counts"]) - 1)
    level, code = newest["level"], newest["area"].split("/")[0]
    notes = annotations(catalogue, newest["disease"], code if level in LEVELS else place_of(level, code), first, last)
    changed = all_changes(revisions)
    return {
        "alert": alert,
        "history": [{**alert_rows.event(row), "changes": c} for row, c in zip(revisions, changed, strict=True)],
        "curve": drawn,
        "annotations": [{"day": n.day.isoformat(), "zh": n.text_zh, "en": n.text_en} for n in notes],
        "sources": beside(warehouse, catalogue, newest, first, last),
        "event": event,
        "neighbours": neighbours(
            warehouse, alert, open_alerts, newest["last_day"] if alert["state"] != "OPEN" else last
        ),
    }
