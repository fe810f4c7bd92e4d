"""Pages of observations: every indicator's newest figures, and the published totals against the reports."""

import datetime as dt
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from catalogue.model import Catalogue
from console.observed import indicator_list, indicator_page
from console.reconciliation import reconciliation
from console.warehouse import Warehouse
from sinks import observations
from tests.console.conftest import reader_of, writer_of
from tests.console.landed import Landed
from tests.console.world import World, moment, report
from tocsin.demo import published_totals

DAY = dt.date(2020, 2, 12)
NATION = "000000"


@pytest.fixture(scope="module")
def published(front: Any, catalogue: Catalogue) -> Iterator[Warehouse]:
    """The demo's published totals, and a few case reports beside them."""
    address = writer_of(front, "console_published")
    world = World(address, catalogue)
    world.take([report(f"H{n}", "2020-02-10 09:00", residence_area="420106") for n in range(7)], "2020-02-10 22:00")
    world.take([report(f"G{n}", "2020-02-12 09:00", residence_area="440106") for n in range(3)], "2020-02-12 22:00")
    world.take([report("H0", "2020-02-10 09:00", revision=2, action="RETRACT")], "2020-02-13 22:00")
    world.take([report("G9", "2020-02-13 09:00", residence_area="440106")], "2020-02-13 23:00")
    landed = Landed(address)
    landed.take(observations.RECORDS, (r for _, r in published_totals.observations() if r["period_start"] <= DAY))
    yield Warehouse(reader_of(front, "console_published"))
    world.database.close()
    landed.database.close()


def test_the_days_figures_stand_beside_each_other(published: Warehouse, catalogue: Catalogue) -> None:
    answer = reconciliation(published, catalogue, "", NATION, None, dt.date(2020, 2, 14))
    assert answer is not None
    assert (answer["disease"], answer["day"]) == ("covid19", "2020-02-12")
    nation = answer["rows"][0]
    # As published: the nation's own row, and the sum of its cities' rows in the same table.
    assert (nation["published"], nation["parts"]) == (58_839, 44_518)
    assert (nation["reported"], nation["difference"]) == (9, 9 - 58_839)
    rows = {row["area"]["code"]: row for row in answer["rows"]}
    assert (rows["420000"]["reported"], rows["440000"]["reported"]) == (6, 3)
    gaps = [abs(row["difference"] or 0) for row in answer["rows"][1:]]
    assert gaps == sorted(gaps, reverse=True)
    curve = answer["curve"]
    last = (DAY - dt.date.fromisoformat(curve["from"])).days
    assert len(curve["reported"]) == len(curve["published"]) == last + 1
    assert curve["reported"][-3:] == [6, 6, 9]
    assert curve["published"][-1] == 58_839


def test_an_earlier_day_and_a_province(published: Warehouse, catalogue: Catalogue) -> None:
    answer = reconciliation(published, catalogue, "covid19", "420000", dt.date(2020, 2, 11), dt.date(2020, 2, 14))
    assert answer is not None
    rows = {row["area"]["code"]: row for row in answer["rows"]}
    assert rows["420000"]["reported"] == 6
    assert rows["440000"]["reported"] == 0
    assert answer["area"]["en"] == "Hubei"
    assert answer["curve"]["reported"][-1] == 6
    today = dt.date(2020, 2, 14)
    assert reconciliation(published, catalogue, "nothing", NATION, None, today) is None
    assert reconciliation(published, catalogue, "covid19", "420100", None, today) is None
    # Of another disease nothing was published that names it; the totals say none, so they are taken for any.
    other = reconciliation(published, catalogue, "measles", NATION, None, today)
    assert other is not None
    assert other["rows"][0]["reported"] == 0


def test_a_total_that_names_its_disease_belongs_to_it_alone(front: Any, catalogue: Catalogue) -> None:
    address = writer_of(front, "console_published_named")
    landed = Landed(address)
    at = moment("2020-02-12 09:00")
    told = {"observation_id": "O1", "indicator": "published_cases_cumulative", "area": NATION, "reported_at": at,
            "period_start": DAY, "period_days": 1, "count": 5,
            "dimension": [{"name": "disease", "value": "measles"}]}  # fmt: skip
    landed.take(observations.RECORDS, [told, told | {"revision": 2, "action": "REVISE", "count": 6}])
    warehouse = Warehouse(reader_of(front, "console_published_named"))
    measles = reconciliation(warehouse, catalogue, "measles", NATION, None, DAY)
    assert measles is not None
    assert measles["rows"][0]["published"] == 6
    covid = reconciliation(warehouse, catalogue, "covid19", NATION, None, DAY)
    assert covid is not None
    assert (covid["day"], covid["rows"], covid["curve"]) == (None, [], None)
    landed.database.close()


def test_every_indicator_is_listed_with_its_bounds(published: Warehouse) -> None:
    answer = indicator_list(published, DAY)
    rows = {row["code"]: row for row in answer["indicators"]}
    told = [r for _, r in published_totals.observations() if DAY - dt.timedelta(days=28) < r["period_start"] <= DAY]
    cases = rows["published_cases_cumulative"]
    assert cases["records"] == sum(r["indicator"] == "published_cases_cumulative" for r in told)
    assert cases["newest"] == DAY.isoformat()
    assert (rows["mosquito_density"]["records"], rows["mosquito_density"]["newest"]) == (0, None)
    assert (rows["heat_index"]["low"], rows["heat_index"]["high"]) == (-60, 80)
    page = indicator_page(published, "tests_performed", DAY)
    assert page is not None
    assert {tuple(one["dimension"]) for one in page["figures"]} == {
        ("criterion=clinical",), ("criterion=home_quarantine",), ("criterion=extended",),
    }  # fmt: skip
    assert not any(one["beyond"] for one in page["figures"])
    assert indicator_page(published, "nothing", DAY) is None


def test_the_calls_answer_and_refuse(client: httpx.Client) -> None:
    for path in ("ports", "ports/CNPVG", "origins/IT", "labs", "observations", "observations/arrivals"):
        assert client.get(f"/api/{path}").status_code == 200, path
    for path in ("ports/NOWHERE", "origins/XX", "labs/nobody", "observations/nothing", "reconciliation?disease=x"):
        assert client.get(f"/api/{path}").status_code == 404, path
    assert client.get("/api/reconciliation?day=tomorrow").status_code == 400
    assert client.get("/api/reconciliation").json()["disease"] == "covid19"
