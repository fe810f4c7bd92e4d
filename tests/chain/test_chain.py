"""One real Avro event → one verdict → one alert, through every hop."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from tests.chain.installation import WORKERS, Installation
from tests.chain.reports import START, Message, bad_messages, case, message
from tests.chain.state import assert_exact
from tests.streams.told import read_told


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    with Installation(tmp_path_factory.mktemp("chain")) as running:
        running.start(*WORKERS)
        yield running


def _send(installation: Installation, messages: list[Message], now: datetime = START) -> None:
    installation.send(messages, clock=int(now.timestamp() * 1000))
    installation.settle()


def _alerts(installation: Installation, disease: str, area: str) -> list[list[str]]:
    return installation.sql(
        f"SELECT alert_id, state, cases FROM alerts WHERE disease = '{disease}' AND area = '{area}' ORDER BY first_day"
    )


def test_one_event_one_verdict_one_alert(installation: Installation) -> None:
    _send(installation, [message(case("one-1", START, disease="cholera", residence_area="530102"))])
    assert installation.sql("SELECT disease, county, toString(report_day) FROM line_list") == [
        ["cholera", "530102", "2024-03-01"]
    ]
    assert installation.sql("SELECT verdict, reason FROM verdicts WHERE verdict != 'void'") == [["accepted", ""]]
    (alert,) = _alerts(installation, "cholera", "530102")
    assert alert[1:] == ["OPEN", "1"]
    aggregate = installation.sql(
        "SELECT level, area, count FROM aggregates WHERE disease = 'cholera' AND count > 0 ORDER BY area DESC"
    )
    assert aggregate == [["county", "530102", "1"], ["prefecture", "530100", "1"], ["province", "530000", "1"],
                         ["nation", "000000", "1"]]  # fmt: skip


def test_fifty_new_cases_on_an_open_alert_are_one_alert(installation: Installation) -> None:
    for wave in range(5):
        now = START + timedelta(hours=wave)
        _send(
            installation,
            [message(case(f"fifty-{wave}-{i}", now, disease="cholera", residence_area="530103")) for i in range(10)],
            now,
        )
    (alert,) = _alerts(installation, "cholera", "530103")
    assert alert[1:] == ["OPEN", "50"]


def test_retracting_the_reports_under_an_alert_withdraws_it(installation: Installation) -> None:
    reports = [case(f"retract-{i}", START, disease="plague", residence_area="530111") for i in range(3)]
    _send(installation, [message(report) for report in reports])
    assert [row[1] for row in _alerts(installation, "plague", "530111")] == ["OPEN"]
    taken_back = [{**report, "revision": 2, "action": "RETRACT"} for report in reports]
    _send(installation, [message(report) for report in taken_back], START + timedelta(days=100))
    assert [row[1] for row in _alerts(installation, "plague", "530111")] == ["WITHDRAWN"]


def test_a_correction_of_place_moves_the_alert(installation: Installation) -> None:
    now = START + timedelta(days=101)
    report = case("moves-1", now, disease="cholera", residence_area="530112")
    _send(installation, [message(report)], now)
    _send(installation, [message({**report, "revision": 2, "action": "REVISE", "residence_area": "530114"})], now)
    assert [row[1] for row in _alerts(installation, "cholera", "530112")] == ["WITHDRAWN"]
    assert [row[1] for row in _alerts(installation, "cholera", "530114")] == ["OPEN"]


def test_a_case_whose_county_is_unknown_still_alerts(installation: Installation) -> None:
    now = START + timedelta(days=102)
    _send(installation, [message(case("unknown-1", now, disease="cholera", residence_area="5303"))], now)
    assert [row[1] for row in _alerts(installation, "cholera", "530300u")] == ["OPEN"]


def test_every_kind_of_bad_record_ends_with_its_reason_and_echoes_nothing(installation: Installation) -> None:
    now = START + timedelta(days=103)
    bad = bad_messages("bad", now)
    before = {(p, int(n)) for p, n in installation.sql("SELECT partition, count() FROM verdicts GROUP BY 1")}
    good = [message(case(f"beside-{i}", now, disease="mumps", residence_area="530124")) for i in range(40)]
    mixed = [item for pair in zip(good, [m for m, _ in bad] + [None] * 40, strict=False) for item in pair if item]
    _send(installation, mixed, now)
    told = installation.sql("SELECT reason, count() FROM verdicts WHERE verdict = 'rejected' GROUP BY reason")
    wanted: dict[str, int] = {}
    for _, reason in bad:
        wanted[reason] = wanted.get(reason, 0) + 1
    assert {reason: int(n) for reason, n in told} == wanted
    assert before
    everything = str(installation.sql("SELECT * FROM verdicts"))
    sent_back = read_told(installation.settings.bootstrap, installation.topics).fresh
    told_reasons = Counter(record["reason"] for record in sent_back if record["verdict"] == "rejected")
    assert told_reasons == wanted
    everything += str(sent_back)
    assert "13812345678" not in everything
    assert "11010119900307721X" not in everything
    assert installation.sql("SELECT sum(count) FROM aggregates WHERE area = '530124' AND disease = 'mumps'") == [["40"]]


def test_a_hundred_thousand_copies_of_one_report_count_once(installation: Installation) -> None:
    now = START + timedelta(days=104)
    one = message(case("flood-1", now, disease="mumps", residence_area="530125"))
    _send(installation, [one] * 100_000, now)
    assert installation.sql("SELECT sum(count) FROM aggregates WHERE area = '530125' AND disease = 'mumps'") == [["1"]]
    duplicates = installation.sql("SELECT count() FROM verdicts WHERE verdict = 'duplicate'")
    assert duplicates == [["99999"]]


def test_everything_is_there_exactly_once(installation: Installation) -> None:
    assert_exact(installation)
