"""The JSON calls behind the page, and its stream of updates."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from catalogue.model import Catalogue
from console.alert_detail import closed, detail
from console.area import area_page
from console.desk import listed
from console.disease import disease_page
from console.explain import Explanation, Unexplainable, UnknownAlert, explain
from console.feed import Feed
from console.nation import nation_page
from console.overview import background, overview
from console.recount import NotThereYet
from console.sender_verdicts import BadCursor, sender_verdicts
from console.source_calls import BadDay, source_routes
from console.warehouse import Warehouse, WarehouseDown


class BadNumber(ValueError):
    """A parameter that should be a number is none."""


Answer = Callable[[Request], Any]


def _json(value: Any, status: int = 200) -> Response:
    body = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return Response(body, status, {"Cache-Control": "no-store"}, "application/json")


def _answering(question: Answer) -> Callable[[Request], Awaitable[Response]]:
    """Run a question in a thread, and turn what can go wrong into what the page can say."""

    async def handle(request: Request) -> Response:
        try:
            found = await to_thread.run_sync(question, request)
        except (WarehouseDown, NotThereYet) as problem:
            return _json({"error": str(problem)}, 503)
        except Unexplainable as problem:
            return _json({"error": str(problem)}, 409)
        except (BadCursor, BadDay, BadNumber) as problem:
            return _json({"error": str(problem)}, 400)
        return _json({"error": "not found"}, 404) if found is None else _json(found)

    return handle


def explanation_json(found: Explanation) -> dict[str, Any]:
    """Return an explanation as the page and ``tocsin explain --json`` show it."""
    return {
        "alert": found.alert_id,
        "revision": found.revision,
        "agrees": found.agrees,
        "marker": found.marker,
        "marker_id": found.marker_id,
        "catalogue": found.catalogue,
        "catalogue_now": found.catalogue_now,
        "rule": found.rule,
        "counted_from": found.counted_from.isoformat(),
        "counted_to": found.counted_to.isoformat(),
        "counted": found.counted,
        "said": found.said,
        "items": [
            {"what": item.what, "said": item.said, "found": item.found, "agrees": item.agrees} for item in found.items
        ],
    }


def routes(warehouse: Warehouse, catalogue: Catalogue, feed: Feed) -> list[Route]:
    """Return the calls, relative to ``/api``."""

    def alerts(request: Request) -> Any:
        if request.query_params.get("state") == "closed":
            return {"alerts": [listed(catalogue, row, feed.today) for row in closed(warehouse)], "events": []}
        return {"alerts": feed.open_alerts, "events": feed.events}

    def alert(request: Request) -> Any:
        open_alerts = feed.open_alerts if feed.has_read else []
        return detail(warehouse, catalogue, request.path_params["id"], feed.today, open_alerts)

    def explained(request: Request) -> Any:
        try:
            return explanation_json(explain(warehouse, catalogue, request.path_params["id"]))
        except UnknownAlert:
            return None

    def map_(request: Request) -> Any:
        disease = request.query_params.get("disease", "")
        if disease and disease not in catalogue.diseases:
            return None
        by_county = request.query_params.get("by") == "county"
        return overview(warehouse, catalogue, feed.open_alerts, disease, feed.today, by_county=by_county)

    def disease(request: Request) -> Any:
        return disease_page(warehouse, catalogue, feed.open_alerts, request.path_params["code"], feed.today)

    def area(request: Request) -> Any:
        asked, code = request.query_params.get("disease", ""), request.path_params["code"]
        return area_page(warehouse, catalogue, feed.open_alerts, code, feed.today, asked)

    def nation(request: Request) -> Any:
        asked = request.query_params.get("disease", "")
        return nation_page(warehouse, catalogue, feed.open_alerts, feed.stages, feed.today, asked)

    def verdicts(request: Request) -> Any:
        asked = request.query_params
        limit = asked.get("limit", "1000")
        if not limit.isdecimal() or int(limit) < 1:
            raise BadNumber("limit is a whole number of at least 1")
        return sender_verdicts(warehouse, request.path_params["sender"], asked.get("after", ""), int(limit))

    async def live(request: Request) -> Response:
        async def events() -> AsyncIterator[str]:
            yield "retry: 1000\n\n"
            async with feed.listen() as messages:
                async for message in messages:
                    yield message

        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        return StreamingResponse(events(), media_type="text/event-stream", headers=headers)

    return [
        Route("/live", live),
        Route("/alerts", _answering(alerts)),
        Route("/alerts/{id}", _answering(alert)),
        Route("/alerts/{id}/explain", _answering(explained)),
        Route("/map", _answering(map_)),
        Route("/map/background", _answering(lambda _: {"points": background()})),
        Route("/diseases/{code}", _answering(disease)),
        Route("/areas/{code}", _answering(area)),
        Route("/nation", _answering(nation)),
        Route("/senders/{sender}/verdicts", _answering(verdicts)),
        *source_routes(warehouse, catalogue, feed, _answering),
    ]
