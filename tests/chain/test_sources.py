"""Laboratory results, entry declarations and observations through every hop to the tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

import pytest

from schemas.sources import ENTRY_DECLARATIONS, LAB_RESULTS, OBSERVATIONS, Source
from streams.publisher import Publisher
from tests.chain.installation import WORKERS, Installation
from tests.chain.reports import START, case, message

CLOCK = int(START.timestamp() * 1000)


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    with Installation(tmp_path_factory.mktemp("sources")) as running:
        running.start(*WORKERS)
        yield running


def _send(installation: Installation, source: Source, *records: Mapping[str, object]) -> None:
    with Publisher(installation.settings.bootstrap, sender="530100L01", source=source) as publisher:
        assert publisher.send_all(records, replay_clocks=[CLOCK] * len(records)) == [None] * len(records)


def _at(moment: datetime) -> dict[str, object]:
    return {"reported_at": moment, "reported_area": "530102"}


def test_each_source_has_its_verdicts_and_its_table(installation: Installation) -> None:
    lab = _at(START - timedelta(hours=1)) | {
        "result_id": "L-1", "specimen_id": "S-1", "specimen_type": "blood", "test": "T1", "pathogen": "vibrio_cholerae",
        "result": "POSITIVE", "status": "PRELIMINARY", "area": "530103", "value": 22.5,
        "resulted_at": START - timedelta(hours=2),
    }  # fmt: skip
    corrected = lab | {"revision": 2, "issuer": "530100L01", "action": "REVISE", "status": "CORRECTED",
                       "result": "NEGATIVE", "revised_at": START}  # fmt: skip
    entry = _at(START - timedelta(hours=1)) | {
        "declaration_id": "D-1", "port": "CNKMG", "arrived_at": START - timedelta(hours=3), "origin_country": "TH",
        "transport": "AIR", "symptoms": ["fever", "rash"], "transit_countries": ["VN"], "temperature_c": 38.4,
    }  # fmt: skip
    observed = _at(START - timedelta(hours=1)) | {
        "observation_id": "O-1", "indicator": "arrivals", "area": "530111", "period_start": "2024-02-28",
        "period_days": 1, "count": 4021, "port": "CNKMG", "dimension": {"direction": "in"},
    }  # fmt: skip
    _send(installation, LAB_RESULTS, lab, corrected, corrected)
    _send(installation, ENTRY_DECLARATIONS, entry)
    _send(installation, OBSERVATIONS, observed)
    installation.send([message(case("beside", START, residence_area="530102"))], clock=CLOCK)
    installation.settle()
    assert installation.sql("SELECT topic, verdict, count() FROM verdicts GROUP BY 1, 2 ORDER BY 1, 2") == [
        ["case-reports", "accepted", "1"],
        ["entry-declarations", "accepted", "1"],
        ["lab-results", "accepted", "2"],
        ["lab-results", "duplicate", "1"],
        ["observations", "accepted", "1"],
    ]
    assert installation.sql(
        "SELECT result_id, revision, pathogen, result, status, value, county, prefecture, toString(report_day) "
        "FROM lab_results"
    ) == [["L-1", "2", "vibrio_cholerae", "NEGATIVE", "CORRECTED", "22.5", "530103", "530100", "2024-03-01"]]
    assert installation.sql("SELECT result FROM lab_results_revisions ORDER BY revision") == [
        ["POSITIVE"],
        ["NEGATIVE"],
    ]
    assert installation.sql(
        "SELECT declaration_id, port, origin_country, symptoms, transit_countries, temperature_c, province "
        "FROM entry_declarations"
    ) == [["D-1", "CNKMG", "TH", "['fever','rash']", "['VN']", "38.4", "530000"]]
    assert installation.sql(
        "SELECT observation_id, indicator, count, denominator, dimension, county FROM observations"
    ) == [["O-1", "arrivals", "4021", "\\N", "['direction=in']", "530111"]]


def test_a_retracted_result_stands_no_more_and_a_late_one_stays_retracted(installation: Installation) -> None:
    result = _at(START - timedelta(hours=1)) | {
        "specimen_id": "S-2", "specimen_type": "stool", "test": "T2", "pathogen": "norovirus", "result": "POSITIVE",
        "status": "FINAL", "area": "530112", "resulted_at": START - timedelta(hours=2), "issuer": "530100L01",
    }  # fmt: skip
    taken_back = {"revision": 2, "action": "RETRACT", "status": "CANCELLED", "revised_at": START}
    first, early = result | {"result_id": "L-2"}, result | {"result_id": "L-3"}
    _send(installation, LAB_RESULTS, first, first | taken_back, early | taken_back, early)
    installation.settle()
    assert installation.sql("SELECT result_id FROM lab_results WHERE pathogen = 'norovirus'") == []
    assert installation.sql(
        "SELECT verdict, count() FROM verdicts WHERE topic = 'lab-results' AND verdict = 'superseded' GROUP BY 1"
    ) == [["superseded", "1"]]


def test_killed_processes_leave_each_record_once(installation: Installation) -> None:
    before = int(installation.sql("SELECT count() FROM observations")[0][0])
    made = [
        _at(START - timedelta(hours=1)) | {
            "observation_id": f"K-{n}", "indicator": "tests_performed", "area": "530102", "period_start": "2024-02-28",
            "period_days": 1, "count": n,
        }
        for n in range(300)
    ]  # fmt: skip
    _send(installation, OBSERVATIONS, *made[:150])
    for name in WORKERS:
        installation.kill(name)
    _send(installation, OBSERVATIONS, *made[100:])
    installation.start(*WORKERS)
    installation.settle()
    assert int(installation.sql("SELECT count() FROM observations")[0][0]) == before + 300
    assert installation.sql(
        "SELECT count(), uniqExact(_partition, _offset), uniqExact(observation_id) FROM observations_revisions"
    ) == [[str(before + 300)] * 3]
    assert installation.sql("SELECT count() FROM verdicts WHERE topic = 'observations' AND verdict = 'duplicate'") == [
        ["50"]
    ]
    assert (
        installation.sql(
            "SELECT topic, partition FROM verdicts GROUP BY 1, 2 "
            "HAVING count() != max(offset) + 1 OR uniqExact(offset) != count()"
        )
        == []
    )
