"""Years of a nation laid into ClickHouse's tables, drawn inside the engine: for questions that need size, not truth.

Records are drawn by seeded hashes from `numbers()`, in the order of time and in blocks, as a sink lays them down; the
engine merges the parts as it does in production. Aggregates are counted from the records by SQL; what methods say of
them, and the alerts, are made up but have the shape and the number of the real ones.
"""

import datetime as dt
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from clickhouse_connect.driver.client import Client

from bench.drawn_records import COMMON, DAYS, FIRST, LAST, drawn, listed, record_columns
from bench.nation import all_diseases
from catalogue.model import Catalogue
from schemas.areas import COUNTY, PREFECTURE, PROVINCE, areas
from schemas.marker import Marker
from sinks import aggregates

BLOCKS = 12

SOURCES = ("case-reports", "lab-results", "entry-declarations", "observations")


@dataclass(frozen=True, slots=True)
class Sizes:
    """How many records of each source, and how many alerts.

    Attributes
    ----------
    reports, results, declarations, observations
        First entries; one in twenty is revised besides.
    alerts
        Each of four revisions; one in thirty is open.
    """

    reports: int
    results: int
    declarations: int
    observations: int
    alerts: int

    @classmethod
    def of(cls, reports: int) -> "Sizes":
        """Return the sizes that go with a number of reports."""
        return cls(reports, reports // 5, reports // 20, reports // 20, max(reports // 400, 30))

    @property
    def by_source(self) -> Mapping[str, int]:
        """First entries by source."""
        counts = (self.reports, self.results, self.declarations, self.observations)
        return dict(zip(SOURCES, counts, strict=True))

    @property
    def marker(self) -> Marker:
        """Source positions behind all of it."""
        return Marker({(source, 0): 2 * number + 2 for source, number in self.by_source.items()})


def _places(client: Client, database: str) -> int:
    """Lay down the counties with the areas that hold them, and return how many they are."""
    table = areas()
    rows: list[list[int | str]] = []
    for node in table.at_level(COUNTY).tolist():
        above = {COUNTY: node}
        upper = int(table.parent[node])
        while upper >= 0:
            above.setdefault(int(table.level[upper]), upper)
            upper = int(table.parent[upper]) if int(table.parent[upper]) != upper else -1
        codes = [str(table.code[above[level]]) if level in above else "" for level in (COUNTY, PREFECTURE, PROVINCE)]
        rows.append([len(rows), *codes])
    client.command(
        f"CREATE TABLE {database}.drawn_places (place UInt32, county String, prefecture String, province String) "
        "ENGINE = MergeTree ORDER BY place"
    )
    client.insert(f"{database}.drawn_places", rows, column_names=["place", "county", "prefecture", "province"])
    return len(rows)


def _insert(database: str, table: str, columns: Mapping[str, str], inner: str) -> str:
    named = ", ".join(f"`{name}`" for name in columns)
    chosen = ", ".join(f"{value} AS `{name}`" for name, value in columns.items())
    return f"INSERT INTO {database}.{table} ({named}) SELECT {chosen} FROM (\n{inner}\n)"


def _blocks(number: int) -> Iterator[tuple[int, int]]:
    for block in range(BLOCKS):
        first = number * block // BLOCKS
        yield first, number * (block + 1) // BLOCKS - first


def _records(client: Client, database: str, sizes: Sizes, places: int) -> None:
    for source, (table, key, own) in record_columns().items():
        number = sizes.by_source[source]
        for first, count in _blocks(number):
            inner = (
                f"SELECT * FROM ({drawn(number, first, count, places)}) AS d JOIN {database}.drawn_places USING place"
            )
            columns = {
                **COMMON, key: "concat('R', toString(n))", **own,
                "_topic": f"'{source}'", "_topic_id": "'drawn'", "_entry": "n",
            }  # fmt: skip
            client.command(_insert(database, table, columns, inner))
            verdict = {
                "topic": f"'{source}'", "topic_id": "'drawn'", "offset": "_offset", "sender": own["sender"],
                "verdict": "multiIf(cityHash64(n, 20) % 100 < 2, 'rejected', cityHash64(n, 20) % 100 = 3, 'duplicate', "
                           "'accepted')",
                "reason": "if(verdict = 'rejected', ['too_early', 'unknown_area', 'not_a_code'][1 + n % 3], '')",
                "field": "if(verdict = 'rejected', 'reported_at', '')", "clock": "arrived_at",
            }  # fmt: skip
            if source == "entry-declarations":
                verdict["sender"] = f"concat('P', {own['port']})"
            client.command(_insert(database, "verdicts", verdict, inner))


def _counted(database: str, first: dt.date, last: dt.date) -> Iterator[str]:
    """Yield queries for disease, signal, level, area, day, count and denominator of everything that is counted."""
    within = f"report_day >= '{first}' AND report_day <= '{last}' AND revision = 1"
    levels, codes = "'county', 'prefecture', 'province', 'nation'", "county, prefecture, province, '000000'"
    china = f"ARRAY JOIN [{levels}] AS level, [{codes}] AS area WHERE area != ''"
    places = "county, prefecture, province, report_day"
    chosen = "level, area, report_day AS day, sum(c) AS count"
    yield (
        f"SELECT disease, concat(disease, '.cases') AS signal, {chosen}, NULL AS denominator FROM (\n"
        f"  SELECT disease, {places}, count() AS c FROM {database}.line_list_revisions\n"
        f"  WHERE {within} GROUP BY disease, {places}) {china} GROUP BY disease, level, area, day"
    )
    yield (
        f"SELECT pathogen AS disease, concat(pathogen, '.positivity') AS signal, {chosen}, sum(t) AS denominator\n"
        "FROM (\n"
        f"  SELECT pathogen, {places}, countIf(result = 'POSITIVE') AS c, count() AS t\n"
        f"  FROM {database}.lab_results_revisions WHERE {within} GROUP BY pathogen, {places})\n"
        f"{china} GROUP BY pathogen, level, area, day"
    )
    for name, level, area in (("ill", "port", "port"), ("origin", "origin", "origin_country")):
        yield (
            f"SELECT 'entry' AS disease, 'entry.{name}' AS signal, {chosen}, sum(t) AS denominator FROM (\n"
            f"  SELECT {area} AS code, report_day, countIf(notEmpty(symptoms)) AS c, count() * 50 AS t\n"
            f"  FROM {database}.entry_declarations_revisions WHERE {within} GROUP BY code, report_day)\n"
            f"ARRAY JOIN ['{level}', 'nation'] AS level, [code, '000000'] AS area GROUP BY level, area, day"
        )


_SAID = {
    "Nullable(Float64)": "round(count * {k} / 8 + hash % 128 / 16, 4)",
    "Nullable(Bool)": "(hash + {k}) % 40 = 0",
    "LowCardinality(Nullable(String))": "if((hash + {k}) % 9 = 0, 'too_little_history', NULL)",
}


def _aggregates(client: Client, database: str) -> None:
    said = {column.name: _SAID[column.type].format(k=k) for k, column in enumerate(aggregates.METHOD_COLUMNS, 1)}
    for block in range(BLOCKS):
        first = FIRST + dt.timedelta(days=DAYS * block // BLOCKS)
        last = FIRST + dt.timedelta(days=DAYS * (block + 1) // BLOCKS - 1)
        for part, query in enumerate(_counted(database, first, last)):
            # A cell in four was said twice, as when a report is corrected or comes late.
            inner = (
                f"SELECT *, cityHash64(signal, area, day) AS hash, arrayJoin(if(hash % 4 = 0, [0, 1], [0])) AS again "
                f"FROM ({query})"
            )
            columns = {
                **{name: name for name in ("signal", "disease", "level", "area", "day", "count", "denominator")},
                "count_7d": "count * 4", "alarm": "hash % 50 = 0", **said, "_topic_id": "'drawn'",
                "clock": "toDateTime64(day + 1, 3, 'UTC')", "marker_id": "'drawn'", "catalogue": "'drawn'",
                "_offset": f"{block} * 10 + {part} * 2 + again", "_row": "rowNumberInAllBlocks()",
            }  # fmt: skip
            client.command(_insert(database, "aggregate_revisions", columns, inner))


def _alerts(client: Client, database: str, catalogue: Catalogue, number: int, marker: Marker) -> None:
    codes = [code for code in all_diseases() if f"{code}.cases" in catalogue.signals]
    uses = catalogue.signals["influenza.cases"].judging_on(LAST).levels["prefecture"].uses
    methods = {use.method: json.dumps(dict(use.parameters)).replace("\\", "\\\\") for use in uses}
    many = len(methods)

    def each(value: str) -> str:
        return f"[{', '.join([value] * many)}]"

    inner = (
        "SELECT number AS a, arrayJoin([1, 2, 3, 4]) AS r,\n"
        f"  {listed(codes)}[1 + cityHash64(a, 1) % {len(codes)}] AS of,\n"
        f"  toDate32('{FIRST}') + 40 + toUInt32(a * {DAYS - 60} / {number}) AS began,\n"
        f"  began + 3 * r AS until, a >= {number - number // 30} AS fresh, cityHash64(a, 2) % 2 = 0 AS small,\n"
        "  county, prefecture\n"
        f"FROM numbers({number}) AS numbers JOIN (SELECT *, place AS number FROM {database}.drawn_places) AS p\n"
        "  ON p.place = cityHash64(numbers.number, 3) % 2900"
    )
    columns = {
        "alert_id": "lower(hex(cityHash64(a, 9)))", "revision": "r",
        "kind": "multiIf(r = 1, 'OPENED', r < 4, 'JOINED', fresh, 'JOINED', 'ENDED')",
        "state": "if(r < 4 OR fresh, 'OPEN', 'ENDED')", "signal": "concat(of, '.cases')", "disease": "of",
        "area": "if(small OR prefecture = '', county, prefecture)",
        "level": "if(small OR prefecture = '', 'county', 'prefecture')",
        "severity": "['low', 'medium', 'high', 'critical'][1 + cityHash64(a, 4) % 4]", "first_day": "began",
        "last_day": "until", "days": "arrayMap(i -> began + toUInt16(i), range(toUInt64(3 * r + 1)))",
        "cases": "30 + r", "cases_7d": "12 + r", "peak_7d": "15 + r", "baseline_from": "began - 28",
        "baseline": "arrayMap(i -> toInt32(cityHash64(a, i) % 6), range(toUInt64(29 + 3 * r)))",
        "opened_at": "toDateTime64(began + 1, 3, 'UTC')", "clock_hours": "24",
        "clock": "toDateTime64(until + 1, 3, 'UTC')", "catalogue": f"'{catalogue.version}'",
        "marker": f"'{marker}'", "marker_id": f"'{marker.marker_id()}'", "speaks": "r = 1",
        "speaks_because": "if(r = 1, 'opened', '')",
        "evidence.method": f"[{', '.join(repr(name) for name in methods)}]",
        "evidence.parameters": f"[{', '.join(repr(text) for text in methods.values())}]",
        "evidence.speaks": each("true"), "evidence.day": each("until"), "evidence.observed": each("toFloat64(12 + r)"),
        "evidence.expected": each("toFloat64(4)"), "evidence.upper": each("toFloat64(9)"),
        "evidence.score": each("toFloat64(3)"), "evidence.p_value": each("toFloat64(0.001)"),
        "evidence.alarm": each("true"), "evidence.reason": each("''"), "evidence.alarm_days": each("[began, until]"),
        "_topic_id": "'drawn'", "_offset": "4 * a + r",
    }  # fmt: skip
    client.command(_insert(database, "alert_history", columns, inner))


def lay_down(
    client: Client, database: str, catalogue: Catalogue, sizes: Sizes, told: Callable[[str], None] = print
) -> None:
    """Fill a database whose tables exist and are empty.

    Parameters
    ----------
    client
        With the writer's credential.
    database
        Its name.
    catalogue
        Which signals there are.
    sizes
        How much.
    told
        Hears what is done.
    """
    places = _places(client, database)
    _records(client, database, sizes, places)
    told("records and verdicts")
    _aggregates(client, database)
    told("aggregates")
    _alerts(client, database, catalogue, sizes.alerts, sizes.marker)
    told("alerts")
