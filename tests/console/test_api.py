"""The calls behind the page, against the real engine under the read-only credential."""

import datetime as dt

import httpx
import pytest

from tests.console.conftest import TODAY
from tests.console.world import World, moment


def wuhan(client: httpx.Client) -> dict[str, object]:
    return next(a for a in open_alerts(client) if a["area"]["code"] == "420100" and a["state"] == "OPEN")


def open_alerts(client: httpx.Client) -> list[dict[str, object]]:
    return client.get("/api/alerts").json()["alerts"]


def test_open_alerts_are_those_that_detection_holds_open(client: httpx.Client, world: World) -> None:
    held = {state.alert_id: state for state in world.current() if state.state == "OPEN"}
    shown = {alert["id"]: alert for alert in open_alerts(client)}
    assert shown.keys() == held.keys()
    assert len(held) >= 4
    for name, state in held.items():
        assert (shown[name]["revision"], shown[name]["cases_7d"]) == (state.revision, state.cases_7d)
        assert shown[name]["deadline"] == state.deadline


def test_a_row_says_what_a_duty_officer_needs(client: httpx.Client) -> None:
    row = wuhan(client)
    assert row["disease"] == {
        "code": "covid19",
        "zh": "新型冠状病毒感染",
        "en": "COVID-19",
        "class": "B",
        "managed_as": "A",
    }
    assert row["area"]["within"] == [{"zh": "湖北省", "en": "Hubei"}]
    assert row["area"]["level"] == "prefecture"
    lead = row["lead"]
    assert lead["speaks"]
    assert lead["alarm"]
    assert lead["observed"] > lead["upper"] >= lead["expected"]
    # Counts that were expanded to reports have no hour of diagnosis.
    assert row["expanded_from_counts"]
    assert row["deadline"] is None
    assert row["spark"]["counts"][-1] > 0
    assert len(row["spark"]["counts"]) - 1 in row["spark"]["alarms"]


def test_a_class_a_case_has_a_two_hour_clock(client: httpx.Client) -> None:
    row = next(a for a in open_alerts(client) if a["disease"]["code"] == "plague" and a["area"]["level"] == "county")
    assert (row["disease"]["class"], row["severity"], row["clock_hours"]) == ("A", "critical", 2)
    assert row["deadline"] == row["opened_at"] + 2 * 3_600_000


def test_curve_counts_every_day_and_agrees_with_what_was_stored(client: httpx.Client, world: World) -> None:
    detail = client.get(f"/api/alerts/{wuhan(client)['id']}").json()
    curve = detail["curve"]
    first = dt.date.fromisoformat(curve["from"])
    stored = world.database.rows(
        f"SELECT day, count, w8_upper, w8_alarm FROM {world.address.database}.aggregates "
        "WHERE signal = 'covid19.cases' AND level = 'prefecture' AND area = '420100' ORDER BY day"
    )
    assert sum(curve["counts"]) == sum(count for _, count, _, _ in stored) > 200
    for day, count, upper, alarm in stored:
        at = (day - first).days
        assert curve["counts"][at] == count
        assert curve["methods"]["w8"]["alarm"][at] == bool(alarm)
        assert curve["methods"]["w8"]["upper"][at] == (None if upper is None else pytest.approx(upper, abs=1e-6))
    # The last day shown is today, and today is not over.
    assert first + dt.timedelta(days=len(curve["counts"]) - 1) == dt.date.fromisoformat(TODAY[:10])
    assert curve["partial"]
    # Days that are not stored have bounds too, by the same method.
    assert curve["methods"]["k_in_window"]["upper"] == [2.0] * len(curve["counts"])


def test_history_is_complete_and_newest_first(client: httpx.Client) -> None:
    detail = client.get(f"/api/alerts/{wuhan(client)['id']}").json()
    revisions = [event["revision"] for event in detail["history"]]
    assert revisions == list(range(revisions[0], 0, -1))
    assert detail["history"][-1]["kind"] == "OPENED"
    assert detail["history"][0]["revision"] == detail["alert"]["revision"]
    assert any(event["speaks"] and event["speaks_because"].startswith("tier") for event in detail["history"])


def test_evidence_names_method_parameters_and_marker(client: httpx.Client) -> None:
    alert = client.get(f"/api/alerts/{wuhan(client)['id']}").json()["alert"]
    assert {one["method"] for one in alert["evidence"]} >= {
        "w8",
        "k_in_window",
        "single_case",
        "c1",
        "c2",
        "c3",
        "cusum",
    }
    w8 = next(one for one in alert["evidence"] if one["method"] == "w8")
    assert w8["parameters"]["window"] == 7
    assert alert["marker"].startswith("case-reports/0=")
    assert len(alert["marker_id"]) == 16


def test_the_map_counts_seven_days_at_each_city(client: httpx.Client, world: World) -> None:
    answer = client.get("/api/map").json()
    assert answer["upto"] == TODAY[:10]
    counted = world.database.rows(
        f"SELECT count() FROM {world.address.database}.line_list "
        "WHERE report_day > '2020-01-23' AND disease = 'covid19'"
    )[0][0]
    by_code = {point["code"]: point for point in answer["points"]}
    assert by_code["420100"]["count"] == counted
    assert answer["points"][0]["code"] == "420100"
    assert by_code["420100"]["severity"] == "critical"
    # The nation's own sum is not a point, and a city without cases still is one.
    assert answer["total"] == sum(point["count"] for point in answer["points"])
    assert by_code["110000"]["count"] == 0
    assert "110100" not in by_code
    assert len(by_code) > 330


def test_the_map_by_county_names_counties_with_cases_and_places_them_all(client: httpx.Client) -> None:
    answer = client.get("/api/map?by=county").json()
    counted = {point["code"]: point["count"] for point in answer["points"]}
    cities = {point["code"]: point["count"] for point in client.get("/api/map").json()["points"] if point["count"]}
    # Reports that name no county are in the city's count only.
    assert sum(n for code, n in counted.items() if code.startswith("4201")) < cities["420100"]
    assert {code for code in counted if not code.startswith("4201")} == {"150702", "530102"}
    plague = next(point for point in answer["points"] if point["code"] == "150702")
    assert (plague["count"], plague["severity"]) == (1, "critical")
    background = client.get("/api/map/background").json()["points"]
    assert len(background) == 2978  # 2,975 counties, Hong Kong, Macao, Taiwan
    assert [plague["lon"], plague["lat"]] in background


def test_the_map_of_one_disease_holds_only_that(client: httpx.Client) -> None:
    answer = client.get("/api/map?disease=measles").json()
    assert [(p["code"], p["count"]) for p in answer["points"] if p["count"]] == [("530100", 3)]
    assert client.get("/api/map?disease=nothing").status_code == 404


def test_unknown_alerts_are_not_found_and_cannot_inject(client: httpx.Client) -> None:
    for name in ("0000000000000000", "x' OR 1=1 --", "%27%3B"):
        assert client.get(f"/api/alerts/{name}").status_code == 404
        assert client.get(f"/api/alerts/{name}/explain").status_code == 404


def test_foreign_content_and_foreign_hosts_are_kept_out(client: httpx.Client) -> None:
    page = client.get("/")
    assert page.status_code == 200
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self'" in policy
    assert "unsafe-inline" not in policy.replace("style-src-attr 'unsafe-inline'", "")
    assert client.get("/", headers={"Host": "evil.example"}).status_code == 400


def test_health_and_metrics(client: httpx.Client) -> None:
    health = client.get("/health")
    assert (health.status_code, health.json()["ok"]) == (200, True)
    assert health.json()["clock"] == moment(TODAY)
    text = client.get("/metrics").text
    assert 'tocsin_console_query_seconds_count{query="ends"}' in text
    assert 'tocsin_console_open_alerts{severity="critical"}' in text
