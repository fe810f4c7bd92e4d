"""What stands around an alert: neighbouring areas, and the other sources of its disease and place."""

import datetime as dt
import math
from typing import Any

import httpx
import pytest

from catalogue.model import Catalogue
from console.neighbours import NEIGHBOURS, nearest, neighbours
from console.sources_beside import series_of
from console.warehouse import Warehouse
from schemas.areas import COUNTY, areas
from schemas.ports import ports
from tests.console.conftest import reader_of
from tests.console.test_api import wuhan
from tests.console.world import World


def distance(a: tuple[float, float], b: tuple[float, float]) -> float:
    """Great-circle distance by the law of cosines, another formula than the console's."""
    (x, y), (u, v) = (tuple(map(math.radians, point)) for point in (a, b))
    return 6371 * math.acos(min(1.0, math.sin(y) * math.sin(v) + math.cos(y) * math.cos(v) * math.cos(x - u)))


def test_nearest_counties_by_brute_force() -> None:
    table = areas()
    own = table.index("440305")
    here = (float(table.lon[own]), float(table.lat[own]))
    others = sorted(
        (distance(here, (float(table.lon[n]), float(table.lat[n]))), str(table.code[n]))
        for n in range(len(table))
        if table.level[n] == COUNTY and n != own and str(table.valid_to[n]) == "NaT"
    )[:NEIGHBOURS]
    found = nearest("440305", "county")
    assert {code for code, _ in found} == {code for _, code in others}
    assert [km for _, km in found] == pytest.approx([km for km, _ in others], abs=0.2)


def test_a_port_has_ports_for_neighbours_and_the_nation_has_none() -> None:
    codes = [code for code, _ in nearest("CNSZX", "port")]
    assert len(codes) == NEIGHBOURS
    assert "CNSZX" not in codes
    assert set(codes) <= set(ports())
    for area, level in (("000000", "nation"), ("IT", "origin"), ("CNXXX", "port"), ("999999", "county")):
        assert nearest(area, level) == []


def test_sources_are_set_beside_each_other_by_place(catalogue: Catalogue) -> None:
    def told(level: str, area: str) -> dict[str, tuple[str, tuple[str, ...]]]:
        return {one.source: (one.level, one.areas) for one in series_of(catalogue, "covid19", level, area)}

    city = told("prefecture", "440300")
    assert city["case-reports"] == city["lab-results"] == ("prefecture", ("440300",))
    assert "CNSZX" in city["entry-declarations"][1]
    assert all(areas().index(ports()[code].area) for code in city["entry-declarations"][1])
    port = told("port", "CNSZX")
    assert port["case-reports"] == ("prefecture", ("440300",))
    assert port["entry-declarations"] == ("port", ("CNSZX",))
    assert told("county", "440305/GII.17")["lab-results"] == ("county", ("440305",))
    assert told("nation", "000000")["entry-declarations"] == ("nation", ("000000",))
    assert told("origin", "IT").keys() == {"entry-declarations"}
    assert told("port", "CNXXX") == {}


def test_the_detail_names_neighbours_sources_and_what_changed(client: httpx.Client, world: World) -> None:
    detail = client.get(f"/api/alerts/{wuhan(client)['id']}").json()
    counts = next(one for one in detail["sources"] if one["source"] == "case-reports")["counts"]
    assert counts == detail["curve"]["counts"]
    assert [one["cases_7d"] for one in detail["neighbours"]] == [0] * NEIGHBOURS
    assert {one["area"]["level"] for one in detail["neighbours"]} == {"prefecture"}
    assert detail["event"] == []
    assert detail["alert"]["confidence"]["level"] == "high"
    newest, *_, oldest = detail["history"]
    assert oldest["changes"] == {}
    before = detail["history"][1]
    assert ["cases", before["cases"], newest["cases"]] in newest["changes"]["fields"]
    # Reports of one more day came in, so the last alarm day moved on by one.
    assert newest["changes"]["added"] == [newest["last_day"]]


def test_neighbours_have_their_counts_and_their_alerts(front: Any, world: World) -> None:
    here = {"signal": "covid19.cases", "area": {"code": "420102", "level": "county"}}
    there = {"id": "x", "severity": "low", "signal": "covid19.cases", "area": {"code": "420106", "level": "county"}}
    elsewhere = {**there, "signal": "measles.cases", "area": {"code": "420104", "level": "county"}}
    warehouse = Warehouse(reader_of(front, world.address.database))
    found = {one["area"]["code"]: one for one in neighbours(warehouse, here, [there, elsewhere], dt.date(2020, 1, 30))}
    warehouse.close()
    weeks = world.database.rows(
        f"SELECT countIf(report_day > '2020-01-23'), countIf(report_day <= '2020-01-23' AND report_day > '2020-01-16') "
        f"FROM {world.address.database}.line_list WHERE county = '420106'"
    )[0]
    assert (found["420106"]["cases_7d"], found["420106"]["before_7d"]) == tuple(weeks)
    assert weeks[0] > 0
    assert (found["420106"]["alert"], found["420106"]["severity"]) == ("x", "low")
    assert (found["420104"]["alert"], found["420104"]["cases_7d"]) == (None, 0)
