"""The calls of the pages about ports, origins, laboratories, observations and senders."""

import datetime as dt
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from catalogue.model import Catalogue
from console.feed import Feed
from console.kept import Kept
from console.lab import lab_page
from console.labs import lab_list
from console.observed import indicator_list, indicator_page
from console.origin import origin_page
from console.port import port_page
from console.ports import port_list
from console.reconciliation import NATION, reconciliation
from console.sender import sender_page
from console.senders import sender_list
from console.warehouse import Warehouse

_SENDERS_SECONDS = 20.0
"""How old the list of all senders may be: it reads three months, and every open page asks whenever records come."""


class BadDay(ValueError):
    """A parameter that should be a day is none."""


def _day(text: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text) if text else None
    except ValueError as error:
        raise BadDay("a day is written as 2020-02-12") from error


def source_routes(
    warehouse: Warehouse,
    catalogue: Catalogue,
    feed: Feed,
    answering: Callable[[Callable[[Request], Any]], Callable[[Request], Awaitable[Response]]],
) -> list[Route]:
    """Return the calls, relative to ``/api``; each answers not found before the first data have come.

    Parameters
    ----------
    warehouse, catalogue, feed
        What the answers are made of.
    answering
        Makes a handler of a question.
    """

    def call(path: str, question: Callable[[Request, dt.date], Any]) -> Route:
        def asked(request: Request) -> Any:
            return None if feed.today is None else question(request, feed.today)

        return Route(path, answering(asked))

    def reconciled(request: Request, today: dt.date) -> Any:
        asked = request.query_params
        disease, area = asked.get("disease", ""), asked.get("area", NATION)
        return reconciliation(warehouse, catalogue, disease, area, _day(asked.get("day", "")), today)

    kept = Kept(_SENDERS_SECONDS)

    def senders(request: Request, today: dt.date) -> Any:
        wanted = request.query_params.get("q", "")
        return kept.of((today, wanted), lambda: sender_list(warehouse, today, wanted))

    return [
        call("/ports", lambda _, today: port_list(warehouse, feed.open_alerts, today)),
        call("/ports/{code}", lambda r, today: port_page(warehouse, feed.open_alerts, r.path_params["code"], today)),
        call(
            "/origins/{code}", lambda r, today: origin_page(warehouse, feed.open_alerts, r.path_params["code"], today)
        ),
        call("/labs", lambda _, today: lab_list(warehouse, feed.open_alerts, today)),
        call("/labs/{lab}", lambda r, today: lab_page(warehouse, r.path_params["lab"], today)),
        call("/observations", lambda _, today: indicator_list(warehouse, today)),
        call("/observations/{code}", lambda r, today: indicator_page(warehouse, r.path_params["code"], today)),
        call("/reconciliation", reconciled),
        call("/senders", senders),
        call("/senders/{code}", lambda r, today: sender_page(warehouse, catalogue, r.path_params["code"], today)),
    ]
