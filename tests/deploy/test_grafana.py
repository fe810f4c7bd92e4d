"""The dashboards are what Grafana reads, name only what exists, and every question of theirs is answered."""

import re
import threading
from collections.abc import Iterator, Mapping
from typing import Any

import clickhouse_connect
import pytest
import yaml
from clickhouse_connect.driver.client import Client

from sinks import setup
from sinks.database import Database
from tests.console.conftest import catalogue, world, writer_of  # noqa: F401  (fixtures)
from tests.console.world import World
from tests.deploy.metrics_named import DEPLOY, dashboards, panels

BOARDS = dashboards()
GRAFANA = DEPLOY / "grafana"
HANZI = re.compile(r"[\u4e00-\u9fff]")
LATIN = re.compile(r"[A-Za-z]{3}")

FROM, TO = "toDateTime('2020-01-01 00:00:00')", "toDateTime('2020-06-01 00:00:00')"
MAY_BE_EMPTY = {"超时未结 Open beyond their legal hour", "拒收原因 Rejections and conflicts by reason and field"}
OTHER_SOURCES = (
    "lab_results_revisions (result_id, pathogen, subtype, result, status, county, report_day, sender, revision, "
    "collected_at, resulted_at) VALUES ('1', 'norovirus', 'GII.17', 'POSITIVE', 'FINAL', '440305', '2020-03-01', 'L', "
    "1, '2020-03-01 00:00:00', '2020-03-01 09:00:00')",
    "aggregate_revisions (signal, level, area, day, count, denominator) "
    "VALUES ('norovirus.positivity', 'nation', '000000', '2020-03-01', 3, 40)",
    "entry_declarations_revisions (declaration_id, port, arrived_at_port, origin_country, symptoms, test_result, "
    "conveyance, report_day) VALUES ('1', 'CNPVG', '2020-03-15 04:00:00', 'GB', ['fever'], 'POSITIVE', 'MU588', "
    "'2020-03-15'), ('2', 'CNPVG', '2020-03-15 04:00:00', 'GB', ['cough'], 'PENDING', 'MU588', '2020-03-15')",
    "observations_revisions (observation_id, indicator, port, period_start, period_days, count) "
    "VALUES ('1', 'arrivals', 'CNPVG', '2020-03-15', 1, 4021)",
)


def _sources() -> dict[str, str]:
    listed = yaml.safe_load((GRAFANA / "provisioning" / "datasources" / "tocsin.yaml").read_text("utf-8"))
    return {each["uid"]: each["type"] for each in listed["datasources"]}


@pytest.mark.parametrize("name", BOARDS)
def test_a_dashboard_has_the_form_that_grafana_reads(name: str) -> None:
    board, sources = BOARDS[name], _sources()
    assert board["uid"] == f"tocsin-{name.removesuffix('.json')}"
    assert board["timezone"] == "Asia/Shanghai"
    assert HANZI.search(board["title"])
    assert LATIN.search(board["title"])
    shown = list(panels(board))
    assert shown
    assert len({panel["id"] for panel in shown}) == len(shown)
    taken: set[tuple[int, int]] = set()
    for panel in shown:
        assert HANZI.search(panel["title"]), panel["title"]
        assert LATIN.search(panel["title"]), panel["title"]
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert place["x"] + place["w"] <= 24
        assert not cells & taken, f"{panel['title']} lies over another panel"
        taken |= cells
        references = [target["refId"] for target in panel["targets"]]
        assert len(set(references)) == len(references) > 0
        for asked in (panel, *panel["targets"]):
            assert sources[asked["datasource"]["uid"]] == asked["datasource"]["type"]
        for target in panel["targets"]:
            assert target.get("expr") or target.get("rawSql")
            if "rawSql" in target:
                assert (target["queryType"], target["format"]) in (("timeseries", 0), ("table", 1))
    variables = {one["name"] for one in board["templating"]["list"]}
    assert variables == set(re.findall(r"\$\{(\w+)", str([board["panels"], board["templating"]])))
    assert {one["datasource"]["uid"] for one in board["templating"]["list"] if "datasource" in one} <= set(sources)


def test_dashboards_have_names_of_their_own() -> None:
    assert len({board["uid"] for board in BOARDS.values()}) == len({b["title"] for b in BOARDS.values()}) == len(BOARDS)


@pytest.fixture(scope="module")
def reader(front: Any, world: World) -> Iterator[Client]:  # noqa: F811
    """Grafana's own way: the read-only credential, with the database as the default."""
    writer = Database(writer_of(front, "grafana"), threading.Event())
    setup.create(writer)
    for table in setup.TABLES:
        writer.command(f"INSERT INTO grafana.{table.name} SELECT * FROM {world.address.database}.{table.name}")
    for rows in OTHER_SOURCES:
        writer.command(f"INSERT INTO grafana.{rows}")
    writer.close()
    client = clickhouse_connect.get_client(
        host=front.host, port=front.port, username=front.reader, password=front.reader_password,
        database="grafana", autogenerate_session_id=False,
    )  # fmt: skip
    yield client
    client.close()


def _filled(sql: str, chosen: Mapping[str, list[str]]) -> str:
    """Put in what Grafana and its plug-in put in."""
    sql = sql.replace("$__fromTime", FROM).replace("$__toTime", TO)
    return re.sub(r"\$\{(\w+):sqlstring\}", lambda found: ",".join(f"'{v}'" for v in chosen[found[1]]), sql)


@pytest.mark.parametrize("name", [name for name in BOARDS if "rawSql" in str(BOARDS[name])])
def test_every_question_is_answered_under_the_read_only_credential(name: str, reader: Client) -> None:
    board = BOARDS[name]
    chosen: dict[str, list[str]] = {}
    for variable in board["templating"]["list"]:
        if variable["type"] == "query":
            values = [row[0] for row in reader.query(_filled(variable["query"], chosen)).result_rows]
            assert values
            chosen[variable["name"]] = values[: None if variable["multi"] else 1]
        else:
            current = variable["current"]["value"]
            options = [option["value"] for option in variable["options"]]
            chosen[variable["name"]] = options if current == ["$__all"] else [current]
    for panel in panels(board):
        for target in panel["targets"]:
            found = reader.query(_filled(target["rawSql"], chosen))
            assert found.result_rows or panel["title"] in MAY_BE_EMPTY, panel["title"]
            if target["queryType"] == "timeseries":
                assert found.column_names[0] == "time"
                assert "DateTime" in found.column_types[0].name
                assert all("String" not in kind.name for kind in found.column_types[2:])
