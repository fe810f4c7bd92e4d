"""Everything that the page of one alert shows, but for the recount (`console.explain`)."""

import datetime as dt
from typing import Any

from catalogue.model import Annotation, Catalogue
from console import alert_rows, curve
from console.warehouse import Row, Warehouse
from schemas.areas import areas

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
    return warehouse.rows(
        "closed",
        f"SELECT {alert_rows.COLUMNS} FROM {warehouse.database}.alerts "
        f"WHERE state != 'OPEN' ORDER BY clock DESC, alert_id LIMIT {CLOSED_SHOWN}",
    )


def _holds(outer: str, inner: str) -> bool:
    table = areas()
    above, node = table.index(outer), table.index(inner.removesuffix("u"))
    return above <= node < int(table.end[above])


def annotations(catalogue: Catalogue, disease: str, area: str, first: dt.date, last: dt.date) -> list[Annotation]:
    """Return the dated remarks that belong on a curve of this disease and area.

    One on a larger area holds for all within it; one on a smaller area explains a step of the larger one's curve too.
    """
    return [
        note
        for note in catalogue.annotations
        if note.disease == disease
        and first <= note.day <= last
        and (_holds(note.area, area) or _holds(area.removesuffix("u"), note.area))
    ]


def detail(warehouse: Warehouse, catalogue: Catalogue, alert_id: str, today: dt.date | None) -> dict[str, Any] | None:
    """Return an alert with its curve and history, or None where there is none of that id.

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
    """
    revisions = history(warehouse, alert_id)
    if not revisions:
        return None
    newest = revisions[0]
    alert = alert_rows.whole(catalogue, newest)
    drawn = curve.curve(warehouse, newest, alert["evidence"], today or newest["last_day"])
    first = dt.date.fromisoformat(drawn["from"])
    last = first + dt.timedelta(days=len(drawn["counts"]) - 1)
    notes = annotations(catalogue, newest["disease"], newest["area"], first, last)
    return {
        "alert": alert,
        "history": [alert_rows.event(row) for row in revisions],
        "curve": drawn,
        "annotations": [{"day": n.day.isoformat(), "zh": n.text_zh, "en": n.text_en} for n in notes],
    }
