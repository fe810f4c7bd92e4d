"""Alerts as they stand, found without reading the evidence of all that ever stood."""

from console import alert_rows


def standing_alerts(database: str, chosen: str) -> str:
    """Return the query for the newest revision of some alerts.

    Their places are found in a few narrow columns; evidence is read only from the first of their clocks on, in whose
    order the table is kept, too.

    Parameters
    ----------
    database
        Name of the database.
    chosen
        Condition on the newest revision's state and clock, with order and limit if there are any.
    """
    newest = f"SELECT alert_id, _offset, state, clock FROM {database}.alerts"
    places = f"SELECT alert_id, _offset, clock FROM ({newest}) WHERE {chosen}"
    return (
        f"SELECT {alert_rows.COLUMNS} FROM {database}.alert_history\n"
        f"WHERE clock >= (SELECT min(clock) FROM ({places}))\n"
        f"AND (alert_id, _offset) IN (SELECT alert_id, _offset FROM ({places}))"
    )
