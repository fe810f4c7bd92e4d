"""Every page of the console, to be asked for with changing parameters."""

import random
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from bench.drawn_records import LAST, ORIGINS
from catalogue.model import Catalogue
from console.alert_detail import closed, detail
from console.area import area_page
from console.desk import Desk
from console.disease import disease_page
from console.explain import explain
from console.health import Health
from console.lab import lab_page
from console.labs import lab_list
from console.nation import nation_page
from console.news import News
from console.observed import indicator_list, indicator_page
from console.origin import origin_page
from console.overview import overview
from console.port import port_page
from console.ports import port_list
from console.positions import BrokerPositions, Positions
from console.reconciliation import NATION, reconciliation
from console.sender import sender_page
from console.sender_verdicts import sender_verdicts
from console.senders import sender_list
from console.warehouse import Warehouse
from schemas.indicators import indicators
from schemas.marker import Marker
from schemas.ports import ports

Page = tuple[str, Callable[[], Any]]


class _AtRest(BrokerPositions):
    """A broker in which nothing moves."""

    def __init__(self) -> None: ...

    def read(self) -> Positions:
        """Nothing has arrived."""
        return Positions(Marker(), Marker(), Marker())


def pages_of(warehouse: Warehouse, catalogue: Catalogue, askings: int) -> list[Page]:
    """Return what to ask, in a mixed order that is the same every time."""
    rng = random.Random(1)
    desk = Desk(catalogue)
    desk.take(News(warehouse).read()[1], LAST, fresh=True)
    alerts = list(desk.alerts.values())

    def values(sql: str) -> list[Any]:
        return [next(iter(row.values())) for row in warehouse.rows("chosen", sql)]

    name = warehouse.database
    ids = values(
        f"SELECT alert_id FROM {name}.alert_history WHERE revision = 4 ORDER BY cityHash64(alert_id) LIMIT 500"
    )
    senders = values(f"SELECT DISTINCT sender FROM {name}.verdicts ORDER BY cityHash64(sender) LIMIT 500")
    places = values(f"SELECT area FROM {name}.aggregates WHERE day = '{LAST}' AND signal = 'influenza.cases'")
    diseases = sorted({s.disease for s in catalogue.signals.values() if s.id.endswith(".cases")})
    labs = [f"LAB{number}" for number in range(20)]
    health = Health(warehouse, _AtRest(), {}, 30.0)

    def one(among: Sequence[Any]) -> Any:
        return among[rng.randrange(len(among))]

    pages: list[Page] = []
    for _ in range(askings):
        disease, place, port, origin = one(diseases), one(places), one(list(ports())), one(ORIGINS)
        sender, lab, indicator, known = one(senders), one(labs), one(list(indicators())), one(ids)
        beginning = one(["", "", "CDC44", "LAB"])
        by_county, narrowed = rng.random() < 0.5, one(["", disease])
        pages += [
            ("inbox", lambda: News(warehouse).read()),
            ("stages", health.look),
            ("closed alerts", partial(closed, warehouse)),
            ("map", partial(overview, warehouse, catalogue, alerts, narrowed, LAST, by_county=by_county)),
            ("alert", partial(detail, warehouse, catalogue, known, LAST, alerts)),
            ("disease", partial(disease_page, warehouse, catalogue, alerts, disease, LAST)),
            ("area", partial(area_page, warehouse, catalogue, alerts, place, LAST, narrowed)),
            ("nation", partial(nation_page, warehouse, catalogue, alerts, [], LAST, narrowed)),
            ("ports", partial(port_list, warehouse, alerts, LAST)),
            ("port", partial(port_page, warehouse, alerts, port, LAST)),
            ("origin", partial(origin_page, warehouse, alerts, origin, LAST)),
            ("laboratories", partial(lab_list, warehouse, alerts, LAST)),
            ("laboratory", partial(lab_page, warehouse, lab, LAST)),
            ("observations", partial(indicator_list, warehouse, LAST)),
            ("indicator", partial(indicator_page, warehouse, indicator, LAST)),
            ("reconciliation", partial(reconciliation, warehouse, catalogue, narrowed, NATION, None, LAST)),
            ("senders", partial(sender_list, warehouse, LAST, beginning)),
            ("sender", partial(sender_page, warehouse, catalogue, sender, LAST)),
            ("a sender's verdicts", partial(sender_verdicts, warehouse, sender, "", 1000)),
        ]
        if rng.random() < 0.25:
            pages.append(("explain", partial(explain, warehouse, catalogue, known)))
    rng.shuffle(pages)
    return pages
