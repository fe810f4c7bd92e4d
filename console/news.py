"""Reading only what is new of the alerts: by the offsets of the topic that the table was filled from."""

from console import alert_rows
from console.standing_alerts import standing_alerts
from console.warehouse import Row, Warehouse

Chain = tuple[str, int]


class News:
    """The alerts that changed since the last reading.

    Parameters
    ----------
    warehouse
        Where alerts are read.

    Attributes
    ----------
    clock
        Clock of the data in milliseconds, as of the last reading; None before the first.
    """

    def __init__(self, warehouse: Warehouse) -> None:
        self._warehouse = warehouse
        self._seen: dict[Chain, int] | None = None
        self.clock: int | None = None

    def read(self) -> tuple[bool, list[Row]]:
        """Return whether this is everything anew, and the rows: all open alerts then, else those that changed.

        Raises
        ------
        WarehouseDown
            ClickHouse does not answer; the next reading goes on from the last that succeeded.
        """
        ends, clock = self._ends()
        # Tables that were emptied, or filled from another topic, are another history: nothing seen holds for them.
        fresh = self._seen is None or any(ends.get(chain, -1) < offset for chain, offset in self._seen.items())
        if fresh:
            rows = self._open()
        elif ends != self._seen:
            rows = self._changed(self._seen or {}, ends)
        else:
            rows = []
        self._seen, self.clock = ends, clock if clock is not None else self.clock
        return fresh, rows

    def _ends(self) -> tuple[dict[Chain, int], int | None]:
        database = self._warehouse.database
        ends = (
            "SELECT _topic_id AS topic, _partition AS partition, max(_offset) AS last "
            f"FROM {database}.alert_history GROUP BY topic, partition"
        )
        row = self._warehouse.rows(
            "ends",
            f"SELECT (SELECT groupArray((topic, partition, last)) FROM ({ends})) AS ends,\n"
            f"(SELECT maxOrNull(toUnixTimestamp64Milli(clock)) FROM {database}.progress) AS clock",
        )[0]
        return {(topic, partition): last for topic, partition, last in row["ends"]}, row["clock"]

    def _open(self) -> list[Row]:
        return self._warehouse.rows("open", standing_alerts(self._warehouse.database, "state = 'OPEN'"))

    def _changed(self, seen: dict[Chain, int], ends: dict[Chain, int]) -> list[Row]:
        newer = " OR ".join(
            f"(_topic_id = '{topic}' AND _partition = {partition} AND _offset > {seen.get((topic, partition), -1)}"
            f" AND _offset <= {last})"
            for (topic, partition), last in ends.items()
            if last != seen.get((topic, partition))
        )
        return self._warehouse.rows(
            "changed",
            f"SELECT {alert_rows.COLUMNS} FROM {self._warehouse.database}.alert_history WHERE {newer}\n"
            "ORDER BY alert_id, _offset DESC LIMIT 1 BY alert_id",
        )
