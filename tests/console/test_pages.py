"""What the pages of the nation, of an area and of a disease count, against the line list and the list of alerts."""

from typing import Any

import httpx
import pytest

from catalogue.model import Catalogue
from schemas.areas import areas
from tests.console.world import World


def cases(world: World, where: str) -> list[int]:
    """Return the cases of the last seven days and of the seven before, today being 30 January."""
    rows = world.database.rows(
        "SELECT countIf(report_day > '2020-01-23'), countIf(report_day > '2020-01-16' AND report_day <= '2020-01-23') "
        f"FROM {world.address.database}.line_list WHERE {where}"
    )
    return list(rows[0])


def standing(client: httpx.Client) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.get("/api/alerts").json()["alerts"]
    return found


def test_the_nation_counts_diseases_provinces_and_alerts(client: httpx.Client, world: World) -> None:
    answer = client.get("/api/nation").json()
    alerts = standing(client)
    assert [answer["totals"]["cases"][part] for part in ("week", "before")] == cases(world, "1")
    assert sum(answer["alerts"].values()) == len(alerts)
    assert answer["sources"] == {"case-reports": len(alerts)}
    for disease in answer["diseases"]:
        assert [disease["week"], disease["before"]] == cases(world, f"disease = '{disease['code']}'")
        assert sum(disease["alerts"].values()) == sum(a["disease"]["code"] == disease["code"] for a in alerts)
    assert [disease["code"] for disease in answer["diseases"]] == ["covid19", "measles", "plague"]
    assert len(answer["provinces"]) == 34
    for province in answer["provinces"]:
        assert [province["week"], province["before"]] == cases(world, f"province = '{province['code']}'")
    assert sum(sum(p["alerts"].values()) for p in answer["provinces"]) == len(alerts) - 1  # one is the nation's own
    one = client.get("/api/nation?disease=measles").json()
    assert {p["code"]: p["week"] for p in one["provinces"] if p["week"]} == {"530000": 3}
    assert one["diseases"] == answer["diseases"]
    assert {stage["name"] for stage in answer["stages"]} <= {"source", "intake", "detect", "sink"}
    assert client.get("/api/nation?disease=nothing").status_code == 404


def test_an_area_counts_its_diseases_and_what_lies_within(client: httpx.Client, world: World) -> None:
    answer = client.get("/api/areas/420000").json()
    assert answer["area"]["en"] == "Hubei"
    assert [one["code"] for one in answer["around"]] == ["000000"]
    assert sum(answer["curve"]) == sum(cases(world, "province = '420000'"))
    wuhan = next(child for child in answer["children"] if child["code"] == "420100")
    assert [wuhan["week"], wuhan["before"]] == cases(world, "prefecture = '420100'")
    assert len(answer["children"]) == 14
    assert {(a["area"]["code"], a["disease"]["code"]) for a in answer["alerts"]} == {
        ("420000", "covid19"),
        ("420100", "covid19"),
    }
    assert [port["code"] for port in answer["ports"]] == ["CNWUH"]
    county = client.get("/api/areas/420106").json()
    assert (county["children"], county["alerts"]) == ([], [])
    assert [one["code"] for one in county["around"]] == ["000000", "420000", "420100"]
    assert [county["diseases"][0][part] for part in ("week", "before")] == cases(world, "county = '420106'")
    assert sum(client.get("/api/areas/530000?disease=measles").json()["curve"]) == 3
    # Of a municipality one asks for its counties, not for the bracket around them.
    assert len(client.get("/api/areas/110000").json()["children"]) == 16
    assert len(client.get("/api/areas/000000").json()["children"]) == 34
    for missing in ("/api/areas/990000", "/api/areas/x'", "/api/areas/420000?disease=nothing"):
        assert client.get(missing).status_code == 404


def test_a_disease_has_its_curve_rules_and_classes(client: httpx.Client, world: World, catalogue: Catalogue) -> None:
    answer = client.get("/api/diseases/covid19").json()
    assert [sum(answer["curves"]["000000"][-7:]), sum(answer["curves"]["000000"][-14:-7])] == cases(
        world, "disease = 'covid19'"
    )
    assert answer["curves"].keys() == {"000000", "420000"}
    hubei = next(one for one in answer["provinces"] if one["code"] == "420000")
    assert ([hubei["week"], hubei["before"]], hubei["alerts"]) == (cases(world, "province = '420000'"), 2)
    assert {alert["id"] for alert in answer["alerts"]} == {
        a["id"] for a in standing(client) if a["disease"]["code"] == "covid19"
    }
    rules = next(rule for rule in answer["rules"] if rule["signal"] == "covid19.cases")
    judging = catalogue.signals["covid19.cases"].judgings[0]
    assert (rules["clock_hours"], rules["severity"]) == (judging.clock_hours, judging.severity)
    spoken = {level["level"]: {use["method"] for use in level["uses"] if use["speaks"]} for level in rules["levels"]}
    assert spoken == {level: set(policy.voices) for level, policy in judging.levels.items()}
    assert len(answer["classes"]) == len(catalogue.diseases["covid19"].classes)


@pytest.mark.parametrize("code", ["norovirus", "entry"])
def test_a_code_that_is_no_disease_is_known_by_its_signals(
    client: httpx.Client, catalogue: Catalogue, code: str
) -> None:
    answer = client.get(f"/api/diseases/{code}")
    known = any(signal.disease == code for signal in catalogue.signals.values())
    assert answer.status_code == (200 if known or code == "norovirus" else 404)
    if answer.status_code == 200:
        assert answer.json()["counted"] is False
        assert answer.json()["curves"] == {}
    assert client.get("/api/diseases/nothing").status_code == 404


def test_every_area_of_the_tree_has_children_that_lie_within(client: httpx.Client) -> None:
    table = areas()
    for code in ("440000", "440300", "310000", "659000"):
        node = table.index(code)
        children = client.get(f"/api/areas/{code}").json()["children"]
        assert children
        assert all(node < table.index(child["code"]) < table.end[node] for child in children)
