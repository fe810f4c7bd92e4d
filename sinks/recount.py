"""Counting again: the line list by SQL against what the pipeline says, at the same marker.

Nothing here is shared with the counting of the pipeline but the catalogue's text: which reports stand is found by
the view's query, the day by ClickHouse's own calendar, the roll-up by grouping. What the reader of a difference
must know (signal, level, area, day, both numbers) is in it.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from clickhouse_connect.driver.client import Client

from catalogue.counted import Counted
from catalogue.model import Signal
from schemas.marker import Marker
from schemas.topics import PARTITIONS
from sinks import progress
from sinks.counted_sql import cells_sql
from sinks.progress import Progress
from sinks.record_table import RecordTable
from sinks.records import RECORD_STAGES, RECORD_TABLES
from sinks.table import quoted
from sinks.views import standing_sql


class NotComparable(RuntimeError):
    """The two sides have not reached a common marker; the message says what is missing."""


@dataclass(frozen=True, slots=True)
class Difference:
    """Two numbers that should be equal.

    Attributes
    ----------
    what
        ``count``: recounted records against aggregates; ``denominator``: the same of tests and arrivals; ``alert``:
        aggregates against the count in an alert;
        ``identities``: records that stand or were retracted against distinct identities.
    signal, level, area, day
        Where; empty or None where it does not apply. For an alert, `area` is followed by its id; for identities it
        is the kind of record.
    recounted, stated
        The number from the rows below, and the number that was said.
    """

    what: str
    signal: str
    level: str
    area: str
    day: dt.date | None
    recounted: int
    stated: int


@dataclass(slots=True)
class Recount:
    """What a recount found.

    Attributes
    ----------
    markers
        The markers at which it was counted, with the partitions of aggregates that stood there.
    reports, cells, alerts
        How many standing records, signal x area x day cells and alerts were compared.
    differences
        The first ones; `different` says how many there are.
    """

    markers: dict[Marker, tuple[int, ...]] = field(default_factory=dict)
    reports: int = 0
    cells: int = 0
    alerts: int = 0
    different: int = 0
    differences: list[Difference] = field(default_factory=list)

    @property
    def agrees(self) -> bool:
        """Return whether everything is equal."""
        return self.different == 0


def _below(marker: Marker) -> str:
    """Return the condition for source rows before a marker."""
    bounds = [
        f"_topic = {quoted(topic)} AND _partition = {partition} AND _offset < {to}"
        for (topic, partition), to in marker.items()
    ]
    return " OR ".join(f"({bound})" for bound in bounds) or "0"


def _cells_sql(database: str, marker: Marker, counted: Sequence[tuple[str, Counted]], column: str, there: str) -> str:
    """Return the query that holds what is counted against a column of aggregates; `there` says of which rows."""
    below = _below(marker)
    layouts: dict[tuple[object, ...], list[tuple[str, Counted]]] = {}
    for name, each in counted:
        layout = (each.source, each.area, each.day, each.amount, each.repeat_days)
        layouts.setdefault(layout, []).append((name, each))
    recounted = [
        f"SELECT signal, level, area, day, counted AS recounted, toInt64(0) AS stated FROM (\n{query}\n)"
        for query in (cells_sql(database, own, below) for own in layouts.values())
    ]
    union = "\nUNION ALL\n".join(recounted)
    return (
        "SELECT signal, level, area, day, sum(recounted) AS recounted, sum(stated) AS stated FROM (\n"
        f"{union}\nUNION ALL\n"
        f"SELECT toString(signal), toString(level), toString(area), day, toInt64(0), assumeNotNull({column})\n"
        f"FROM {database}.aggregates WHERE {column} != 0 AND {there}\n"
        ") GROUP BY signal, level, area, day"
    )


def _alerts_sql(database: str) -> str:
    return (
        "SELECT a.signal, a.level, concat(a.area, ' ', a.alert_id), a.last_day,\n"
        "  ifNull(g.count_7d, 0) AS recounted, a.cases_7d AS stated\n"
        f"FROM {database}.alerts AS a LEFT JOIN (\n"
        f"  SELECT signal, level, area, day, count_7d FROM {database}.aggregates WHERE (signal, level, area, day) IN\n"
        f"    (SELECT signal, level, area, last_day FROM {database}.alerts WHERE notEmpty(days))\n"
        ") AS g ON a.signal = g.signal AND a.level = g.level AND a.area = g.area AND a.last_day = g.day\n"
        "WHERE notEmpty(a.days)"
    )


def _identities_sql(database: str, marker: Marker, records: RecordTable) -> str:
    table, below, key = f"{database}.{records.table.name}", _below(marker), records.source.key
    return (
        f"SELECT '', '', {quoted(records.view)}, NULL,\n"
        f"  (SELECT uniqExact(issuer, {key}) FROM {table} WHERE {below}) AS recounted,\n"
        f"  (SELECT count() FROM ({standing_sql(database, records, below)}))\n"
        "  + (SELECT countIf(last) FROM (SELECT argMax(retracted, _offset) AS last\n"
        f"     FROM {table} WHERE ({below}) AND (issuer, {key}) IN\n"
        f"       (SELECT issuer, {key} FROM {table} WHERE retracted AND ({below}))\n"
        f"     GROUP BY issuer, {key})) AS stated"
    )


def _compare(client: Client, what: str, query: str, found: Recount, limit: int) -> int:
    """Run a query of compared numbers, add its differences, and return how many numbers it compared."""
    compared, different = client.query(f"SELECT count(), countIf(recounted != stated) FROM ({query})").result_rows[0]
    if different:
        found.different += int(different)
        rows = client.query(f"SELECT * FROM ({query}) WHERE recounted != stated ORDER BY ALL LIMIT {limit}").result_rows
        found.differences += [Difference(what, *row) for row in rows]
    return int(compared)


def _marks(rows: Sequence[Progress]) -> dict[Marker, tuple[int, ...]]:
    marks: dict[Marker, tuple[int, ...]] = {}
    for row in rows:
        if row.stage == "aggregates":
            marks[row.marker] = (*marks.get(row.marker, ()), row.partition)
    return marks


def _require_reached(marks: Mapping[Marker, Sequence[int]], rows: Sequence[Progress], partitions: int) -> None:
    spoken = {partition for marker, there in marks.items() if marker for partition in there}
    if spoken != set(range(partitions)):
        raise NotComparable(f"{partitions - len(spoken)} of {partitions} partitions of aggregates name no marker yet")
    lines = Marker({(row.topic, row.partition): row.position for row in rows if row.stage in RECORD_STAGES})
    behind = [str(marker) for marker in marks if not lines.covers(marker)]
    if behind:
        raise NotComparable(f"the records are at {lines}, aggregates are at {'; '.join(behind)}")


def recount(
    client: Client, database: str, signals: Sequence[Signal], *, partitions: int = PARTITIONS, limit: int = 100
) -> Recount:
    """Count the line list again and compare.

    Each partition of aggregates is compared at the marker that it names, so a running system can be counted too;
    if it moves on meanwhile, differences may be of the movement: see `tocsin recount`, which then tries again.

    Parameters
    ----------
    client
        Needs read access to the tables.
    database
        Name of the database.
    signals
        Of the catalogue in force; their conditions run as they stand there.
    partitions
        Of the aggregates topic, over which signals are spread by the number of their disease.
    limit
        How many differences to list of each kind.

    Raises
    ------
    NotComparable
        The line list has not reached the marker of the aggregates.
    """
    rows = progress.read(client, database)
    marks = _marks(rows)
    _require_reached(marks, rows, partitions)
    found = Recount(markers=marks)
    for marker, there in marks.items():
        here = [signal for signal in signals if signal.disease_number % partitions in there]
        placed = f"_partition IN ({', '.join(str(partition) for partition in there)})"
        cases = [(signal.id, signal.counted) for signal in here]
        found.cells += _compare(client, "count", _cells_sql(database, marker, cases, "count", placed), found, limit)
        among = [(signal.id, signal.denominator) for signal in here if isinstance(signal.denominator, Counted)]
        if among:
            # A number of places is no sum of records; the alerts that rest on it are recomputed by `tocsin explain`.
            own = f"{placed} AND signal IN ({', '.join(quoted(name) for name, _ in among)})"
            query = _cells_sql(database, marker, among, "denominator", own)
            found.cells += _compare(client, "denominator", query, found, limit)
    newest = max(marks, key=lambda marker: sum(marker.values()))
    for records in RECORD_TABLES:
        standing = standing_sql(database, records, _below(newest))
        found.reports += int(client.query(f"SELECT count() FROM ({standing})").result_rows[0][0])
        _compare(client, "identities", _identities_sql(database, newest, records), found, limit)
    found.alerts = _compare(client, "alert", _alerts_sql(database), found, limit)
    return found


def moved(client: Client, database: str, found: Recount) -> bool:
    """Return whether aggregates or alerts have moved on since a recount began."""
    return _marks(progress.read(client, database)) != found.markers
