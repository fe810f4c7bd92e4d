"""Alerts of three sources that are one event, from the tables to what the page is told."""

import dataclasses
import datetime as dt
from typing import Any

from catalogue.model import Catalogue
from console.alert_detail import detail
from console.desk import Desk
from console.news import News
from console.warehouse import Warehouse
from tests.console.conftest import reader_of, writer_of
from tests.console.world import World, report


def test_a_city_its_laboratory_and_its_airport_are_one_event(front: Any, catalogue: Catalogue) -> None:
    world = World(writer_of(front, "console_event"), catalogue)
    days = [f"2020-03-{day:02d}" for day in range(10, 16)]
    for area in ("710000", "440305"):
        for day in days:
            world.take(
                [report(f"{area}{day}{i}", f"{day} 0{i}:00", residence_area=area) for i in range(9)], f"{day} 12:00"
            )
    for state in list(world.current()):
        for signal, level, area, severity in (
            ("sars_cov_2.positivity", "prefecture", "440300", "high"),
            ("covid19.port", "port", "CNSZX", "medium"),
            ("covid19.port", "port", "TWTPE", "high"),
        ):
            if state.signal == "covid19.cases" and state.level == "prefecture":
                name = f"{signal[:3]}{area}"
                moved = dataclasses.replace(
                    state, alert_id=name, signal=signal, level=level, area=area, severity=severity, revision=1,
                    first_day=state.first_day + 3,
                )  # fmt: skip
                world.land_events([moved])
    warehouse = Warehouse(reader_of(front, "console_event"))
    today = dt.date(2020, 3, 15)
    desk = Desk(catalogue)
    _, rows = News(warehouse).read()
    desk.take(rows, today, fresh=True)
    events = {ids[0]: ids for ids in desk.events}
    city = next(a for a in desk.alerts.values() if a["area"]["code"] == "440300" and a["signal"] == "covid19.cases")
    island = next(a for a in desk.alerts.values() if a["area"]["code"] == "710000" and a["signal"] == "covid19.cases")
    assert events[city["id"]] == [city["id"], "sar440300", "covCNSZX"]
    assert events[island["id"]] == [island["id"], "covTWTPE"]
    assert len(events) == 2
    for lead, ids in events.items():
        for name in ids:
            shown = detail(warehouse, catalogue, name, today)
            assert shown is not None
            assert [member["id"] for member in shown["event"]] == ids
            assert shown["alert"]["confidence"] == desk.alerts[name]["confidence"]
        shown = detail(warehouse, catalogue, lead, today)
        assert shown is not None
        assert next(g for g in shown["alert"]["confidence"]["grounds"] if g["what"] == "sources")["n"] == len(ids)
    nation = next(a for a in desk.alerts.values() if a["area"]["level"] == "nation")
    alone = detail(warehouse, catalogue, nation["id"], today)
    assert alone is not None
    assert alone["event"] == []
    warehouse.close()
    world.database.close()
