"""Pages of senders: what they sent, what became of it, how timely and complete, and who fell silent."""

import datetime as dt
import doctest
import statistics
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import clickhouse_connect
import numpy as np
import pytest

from catalogue.model import Catalogue
from console import habit, kept
from console.habit import DAYS, HISTORY, Habit, habits
from console.sender import sender_page
from console.sender_records import record_quality
from console.senders import sender_list
from console.warehouse import Row, Warehouse
from schemas.chain import genesis
from schemas.entry import Bodies, Entry, Note
from schemas.topics import SOURCES
from schemas.verdicts import Verdict
from sinks import by_sender, line_list, setup, verdicts
from sinks.client import Address
from sinks.database import Database
from sinks.native import encode
from tests.console.conftest import reader_of, writer_of
from tests.console.world import BEIJING, moment, report
from tests.sinks.made import body

TODAY = dt.date(2020, 3, 29)  # a Sunday
SOURCE = "case-reports"
STEADY, WEEKDAYS, RARE, GONE, STRANGE = "420100001", "420100002", "420100003", "420100004", "430100001"


@dataclass
class Sent:
    """One record of the small world, and what was said of it."""

    sender: str
    arrived: int
    verdict: Verdict
    note: Note | None
    record: dict[str, Any]


def _at(day: dt.date, clock: str) -> int:
    return moment(f"{day} {clock}")


def stream() -> list[Sent]:
    """Ten weeks: one sender every day, one on weekdays that stops, one now and then, one long gone, one all wrong."""
    sent = []
    for back in range(70, -1, -1):
        day = TODAY - dt.timedelta(days=back)
        habits_ = {
            STEADY: 6,
            WEEKDAYS: 12 if day.weekday() < 5 and back > 3 else 0,
            RARE: 1 if back % 20 == 9 else 0,
            GONE: 9 if back > 55 else 0,
            STRANGE: 2 if back < 9 else 0,
        }
        for sender, count in habits_.items():
            for number in range(count):
                name = f"{sender}-{back}-{number}"
                record = report(
                    name, f"{day} 09:{number:02d}", sender=sender, issuer=sender, reported_area=sender[:6],
                    disease="plague" if number == 1 else "measles",
                    diagnosed_at=_at(day, "09:00") - 3_600_000 * (5 * number) if number != 3 else None,
                    onset_date=day if number % 2 else None, age_years=number if number != 4 else None,
                    residence_area="420106" if number else "4201",
                )  # fmt: skip
                arrived = _at(day, "10:00") + 4 * 3_600_000 * (number % 3)
                wrong = sender == STRANGE or (sender == STEADY and number == 5)
                verdict = Verdict.REJECTED if wrong else Verdict.DUPLICATE if number == 2 else Verdict.ACCEPTED
                sent.append(Sent(sender, arrived, verdict, Note(0, "bad_code", "origin") if wrong else None, record))
        for later in [
            one for one in sent if one.sender == STEADY and one.record["report_id"].endswith(f"-{back + 2}-0")
        ]:
            fixed = later.record | {"revision": 2, "action": "REVISE", "revised_at": _at(day, "08:00")}
            sent.append(Sent(STEADY, _at(day, "08:30"), Verdict.ACCEPTED, None, fixed))
    return sent


@pytest.fixture(scope="module")
def sent(front: Any) -> list[Sent]:
    """The stream, landed a day an entry."""
    made = stream()
    database = Database(writer_of(front, "console_sender_pages"), threading.Event())
    setup.create(database)
    by_day: dict[str, list[Sent]] = {}
    for one in made:
        by_day.setdefault(str(dt.datetime.fromtimestamp(one.arrived / 1000, BEIJING).date()), []).append(one)
    offset = 0
    for number, (_, day) in enumerate(sorted(by_day.items())):
        senders = sorted({one.sender for one in day})
        accepted = [at for at, one in enumerate(day) if one.verdict == Verdict.ACCEPTED]
        replacing = [row for row, at in enumerate(accepted) if day[at].record["revision"] > 1]
        replaced = b"".join(body(day[accepted[row]].record) for row in replacing)
        entry = Entry(
            topic=SOURCE, topic_id="source-id", partition=0, from_offset=offset, to_offset=offset + len(day) + 1,
            clock=max(one.arrived for one in day), parent=genesis("source-id", 0),
            verdicts=np.array([*(one.verdict for one in day), Verdict.REJECTED], np.uint8), senders=senders,
            sender_of=np.array([*(senders.index(one.sender) for one in day), -1], "<i2"),
            notes=[
                *(Note(at, one.note.reason, one.note.field) for at, one in enumerate(day) if one.note),
                Note(len(day), "undecodable_body"),
            ],
            after=[Bodies(1, len(accepted), b"".join(body(day[at].record) for at in accepted))],
            after_at=np.array(accepted, "<i4"), arrival=np.array([day[at].arrived for at in accepted], "<i8"),
            before=[Bodies(1, len(replacing), replaced)] * bool(replacing),
            before_of=np.array(replacing, "<i4"),
        )  # fmt: skip
        offset = entry.to_offset
        for table, frame in (
            (verdicts.TABLE, verdicts.rows([entry])),
            (line_list.TABLE, line_list.RECORDS.rows([entry], [number])),
        ):
            database.insert_once(table, encode(frame, table.columns), f"{table.name} {number}")
    database.close()
    return made


@pytest.fixture(scope="module")
def warehouse(front: Any, sent: list[Sent]) -> Iterator[Warehouse]:
    made = Warehouse(reader_of(front, "console_sender_pages"))
    yield made
    made.close()


def lately(sent: list[Sent], sender: str) -> list[Sent]:
    """What came within the days that the pages look at."""
    first = _at(TODAY - dt.timedelta(days=DAYS - 1), "00:00")
    return [one for one in sent if one.sender == sender and one.arrived >= first]


def test_the_list_counts_and_puts_the_silent_first(warehouse: Warehouse, sent: list[Sent]) -> None:
    found = sender_list(warehouse, TODAY)
    listed = {one["sender"]: one for one in found["senders"]}
    assert set(listed) == {STEADY, WEEKDAYS, RARE, GONE, STRANGE}
    for sender, one in listed.items():
        wanted = lately(sent, sender)
        assert one["records"] == len(wanted)
        assert one["rejected"] == sum(1 for each in wanted if each.verdict == Verdict.REJECTED)
        (source,) = one["sources"]
        assert source["duplicate"] == sum(1 for each in wanted if each.verdict == Verdict.DUPLICATE)
        assert sum(source["daily"]) == len(wanted)
    assert {sender: one["state"] for sender, one in listed.items()} == {
        STEADY: "usual", WEEKDAYS: "silent", RARE: "usual", GONE: "gone", STRANGE: "usual",
    }  # fmt: skip
    # Nothing at the weekend is its habit; nothing on Thursday, three days ago, was not.
    silence = {"state": "silent", "by": "day", "back": 3, "observed": 0, "expected": 12.1}
    assert listed[WEEKDAYS]["sources"][0]["habit"] == silence
    assert found["senders"][0]["sender"] == WEEKDAYS
    assert found["senders"][1]["sender"] == STRANGE
    assert listed[GONE]["sources"][0]["quiet_days"] == 56
    assert found["unread"] == DAYS
    assert [one["sender"] for one in sender_list(warehouse, TODAY, "43")["senders"]] == [STRANGE]


def test_a_senders_page_against_plain_python(warehouse: Warehouse, catalogue: Catalogue, sent: list[Sent]) -> None:
    page = sender_page(warehouse, catalogue, STEADY, TODAY)
    assert page is not None
    came = lately(sent, STEADY)
    accepted = [one for one in came if one.verdict == Verdict.ACCEPTED]
    (source,) = page["sources"]
    assert source["ever"] == sum(1 for one in sent if one.sender == STEADY)
    assert source["daily"]["rejected"] == [1] * DAYS
    assert sum(source["daily"]["accepted"]) == source["accepted"] == len(accepted)
    assert page["area"]["code"] == "420100"
    (reason,) = page["reasons"]
    assert (reason["reason"], reason["field"], reason["records"]) == ("bad_code", "origin", DAYS)
    newest = max(one.arrived for one in sent if one.sender == STEADY and one.verdict == Verdict.REJECTED)
    assert dt.datetime.fromtimestamp(reason["last"] / 1000, BEIJING).date() == TODAY
    assert reason["last"] >= newest

    (quality,) = page["quality"]
    first = [one for one in accepted if one.record["revision"] == 1]
    assert quality["records"] == len(accepted)
    assert quality["revised"] == len(accepted) - len(first) == DAYS
    ways = [
        (one.arrived - one.record["revised_at" if one.record["revision"] > 1 else "reported_at"]) // 1000
        for one in accepted
    ]
    way = quality["way"]
    assert way["told"] == len(ways)
    assert way["median"] == round(statistics.median_high(ways)) or way["median"] == round(statistics.median(ways))
    assert way["below"] == [
        {"seconds": high, "records": sum(1 for each in ways if low <= each < high)}
        for low, high in ((0, 600), (600, 7200), (7200, 86400), (86400, 259200))
    ]
    filled = {each["field"]: each["filled"] for each in quality["filled"]}
    for field in ("onset_date", "diagnosed_at", "age_years", "patient"):
        assert filled[field] == sum(1 for one in accepted if one.record.get(field) is not None)
    assert filled["residence_area"] == sum(1 for one in accepted if len(one.record["residence_area"]) >= 6)

    legal = {each["hours"]: each for each in quality["legal"]}
    for hours, disease in ((2, "plague"), (24, "measles")):
        of = [one.record for one in first if one.record["disease"] == disease]
        told = [record for record in of if record["diagnosed_at"]]
        kept = [record for record in told if record["reported_at"] - record["diagnosed_at"] <= 3_600_000 * hours]
        assert (legal[hours]["reports"], legal[hours]["told"], legal[hours]["kept"]) == (len(of), len(told), len(kept))
    assert legal[2]["kept"] == 0 < legal[24]["kept"] < legal[24]["reports"]


def test_nobody_of_that_name(warehouse: Warehouse, catalogue: Catalogue) -> None:
    assert sender_page(warehouse, catalogue, "nobody", TODAY) is None
    gone = sender_page(warehouse, catalogue, GONE, TODAY)
    assert gone is not None
    assert gone["sources"][0]["records"] == 0
    assert gone["quality"] == []
    assert sender_page(warehouse, catalogue, GONE, TODAY + dt.timedelta(days=400)) is not None


class Overheard(Warehouse):
    """Keeps what it is asked."""

    def __init__(self, address: Address) -> None:
        super().__init__(address)
        self.asked: list[tuple[str, str, dict[str, Any]]] = []

    def rows(self, name: str, sql: str, parameters: Mapping[str, Any] | None = None) -> list[Row]:
        self.asked.append((name, sql, dict(parameters or {})))
        return super().rows(name, sql, parameters)


def test_questions_fit_the_projections(front: Any, sent: list[Sent], catalogue: Catalogue) -> None:
    overheard = Overheard(reader_of(front, "console_sender_pages"))
    sender_page(overheard, catalogue, STEADY, TODAY)
    sender_list(overheard, TODAY)
    record_quality(overheard, catalogue, STEADY, SOURCES, TODAY, TODAY)
    overheard.close()
    writer = clickhouse_connect.get_client(
        host=front.host, port=front.port, username=front.writer, password=front.writer_password,
        database="console_sender_pages",
    )  # fmt: skip
    for table, columns in by_sender.COLUMNS.items():
        writer.command(f"CREATE TABLE lean_{table} ENGINE = Memory AS SELECT {', '.join(columns)} FROM {table}")
    for name, sql, parameters in overheard.asked:
        if "verdicts" in sql:
            plan = str(writer.query(f"EXPLAIN indexes = 1 {sql}", parameters=parameters).result_rows)
            assert (by_sender.BY_CLOCK if name == "senders" else f"({by_sender.NAME})") in plan, name
        else:
            # The engine chooses this projection by size, so a small table says nothing; what it lacks would fail here.
            writer.query(sql.replace("console_sender_pages.", "console_sender_pages.lean_"), parameters=parameters)
    assert {name for name, _, _ in overheard.asked} == {
        "sender_ever", "sender_days", "sender_reasons", "sender_records", "sender_legal", "senders",
    }  # fmt: skip
    writer.close()


def test_silence_by_hand() -> None:
    days = np.zeros((7, HISTORY), np.int64)
    days[0, :] = 20
    days[1, :-3] = 20
    days[2, -8:] = 20
    days[3, :-8], days[3, -8:] = 20, 8
    days[4, :-40] = 20  # long silent: the weeks before are silent too, and it is remembered all the same
    days[5, :-2], days[5, -1] = 20, 3  # nothing yesterday, something today
    found = habits(days)
    assert [one.state for one in found] == ["usual", "silent", "usual", "less", "silent", "less", "gone"]
    assert found[1] == Habit("silent", "day", 2, 0, 20.1)
    assert found[3] == Habit("less", "week", 1, 56, 140.1)
    assert found[4] == Habit("silent", "day", 39, 0, 20.1)
    assert found[5] == Habit("less", "day", 1, 0, 20.1)
    assert habits(np.zeros((0, HISTORY), np.int64)) == []


@pytest.mark.parametrize("module", [habit, kept])
def test_examples(module: ModuleType) -> None:
    failed, run = doctest.testmod(module)
    assert run > 0 == failed
