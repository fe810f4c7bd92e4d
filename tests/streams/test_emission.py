"""What outputs hold after evaluations that were cut short, under other rules, and after a journal that lost its end."""

import shutil
import time
from importlib.resources import as_file, files
from pathlib import Path

import polars as pl
from confluent_kafka.admin import AdminClient

from catalogue.loader import load
from catalogue.model import Catalogue
from schemas.topics import Topics
from streams.admin import ensure_topics, topic_ids
from streams.detect import DetectConfig
from streams.emission import Emission
from streams.emitted import read_emitted
from streams.evaluation import Evaluation
from streams.judgement_version import judgement_version
from streams.link_bookmarks import Bookmarks
from streams.log_reader import LogReader
from streams.refold import refold
from streams.series import china
from streams.tally import Tally
from streams.told import Told
from tests.streams.current_state import current_alerts, current_rows
from tests.streams.journal_writing import Case, cases
from tests.streams.test_detect import DAY, Journal, Outputs, Running, caught_up, eventually
from tests.streams.test_evaluation import Detection


def expected(journal: Journal, catalogue: Catalogue) -> Detection:
    whole = Detection(catalogue)
    for writer in journal.writers:
        whole.tally.apply(writer.partition, writer.values)
    whole.evaluate()
    return whole


def same(outputs: Outputs, whole: Detection) -> None:
    rows = current_rows([frame for frame in outputs.frames if frame.height])
    assert rows.equals(current_rows(whole.frames).cast(rows.schema))
    assert current_alerts(outputs.events) == current_alerts(whole.events)


def test_rows_of_an_outcome_that_was_not_sent_whole(broker: str, topics: Topics, tmp_path: Path) -> None:
    journal = Journal(broker, topics)
    catalogue = load()
    journal.write(0, cases("a", [DAY + step for step in range(5)] * 2, disease="measles"), DAY + 5)
    _sent_in_part(broker, topics, tmp_path, catalogue)
    half = Outputs(broker, topics)
    assert sum(frame.height for frame in half.frames) > 3
    assert all(not marker for marker in half.markers.values())
    # What was said of one day is taken back, of another it changes, of the rest it stands.
    gone = [(Case(f"a{i}", DAY + i % 5, disease="measles", action="RETRACT", revision=2), None) for i in (0, 5, 1)]
    old = [(new, Case(new.report_id, new.day, disease="measles")) for new, _ in gone]
    journal.write(0, old, DAY + 5)
    running = Running(broker, topics, tmp_path)
    outputs = caught_up(broker, topics, journal)
    assert running.end() == 0
    same(outputs, expected(journal, catalogue))
    told = pl.concat([frame for frame in outputs.frames if frame.height])
    assert told.height == told.unique().height


def _sent_in_part(broker: str, topics: Topics, folder: Path, catalogue: Catalogue) -> None:
    """Evaluate and send some rows ahead, as a process does that dies before it has sent the rest."""
    ids = topic_ids(broker, [topics.aggregates, topics.alert_history, topics.alerts])
    signals = sorted(catalogue.signals.values(), key=lambda signal: signal.number)
    tally = Tally(signals, china(), 3)
    bookmarks = Bookmarks(folder / "unsaved.json")
    with LogReader(broker) as reader:
        refold(reader, topics, tally, lambda moment: None)
        emitted = read_emitted(reader, topics, ids, 3, bookmarks)
    evaluation = Evaluation(tally, Told(), catalogue.version)
    emission = Emission(
        broker, topics, ids, 3, signals, emitted, judgement_version(), True, bookmarks, lambda moment: None
    )
    outcome = evaluation.evaluate()
    assert outcome is not None
    emission.spill(outcome.moment, pl.concat(outcome.frames)[:20])
    emission.repair({})


def test_other_rules_judge_everything_anew(broker: str, topics: Topics, tmp_path: Path) -> None:
    journal = Journal(broker, topics)
    days = [DAY + step for step in range(0, 60, 7)] + [DAY + 61] * 6
    journal.write(0, cases("a", days, disease="pertussis"), DAY + 62)
    journal.write(1, cases("b", [DAY + 60], disease="cholera"), DAY + 62)
    running = Running(broker, topics, tmp_path / "a")
    before = caught_up(broker, topics, journal)
    assert running.end() == 0
    assert any(event.disease == "pertussis" for event in before.events)

    with as_file(files("catalogue")) as built_in:
        shutil.copytree(built_in, tmp_path / "catalogue", ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    policies = tmp_path / "catalogue" / "defaults.yaml"
    policies.write_text(policies.read_text("utf-8").replace("minimum: 5", "minimum: 9"), "utf-8")
    other = load(tmp_path / "catalogue")
    assert other.version != load().version
    running = Running(broker, topics, tmp_path / "a", tmp_path / "catalogue")

    def said() -> Outputs:
        deadline = time.monotonic() + 60
        while True:
            outputs = Outputs(broker, topics)
            if set(outputs.catalogues.values()) == {other.version} and set(outputs.markers.values()) == {
                journal.marker
            }:
                return outputs
            assert time.monotonic() < deadline
            time.sleep(0.2)

    outputs = said()
    assert running.end() == 0
    rows = current_rows([frame for frame in outputs.frames if frame.height])
    whole = expected(journal, other)
    assert rows.equals(current_rows(whole.frames).cast(rows.schema))
    ours, theirs = current_alerts(outputs.events), current_alerts(whole.events)
    for alert in (*ours, *theirs):
        del alert["catalogue"]  # an alert that did not change still names the rules that made it
    assert ours == theirs
    assert ours != [{k: v for k, v in a.items() if k != "catalogue"} for a in current_alerts(before.events)]

    again = Running(broker, topics, tmp_path / "b", tmp_path / "catalogue")
    assert again.end_after_its_first_look() == 0
    after = Outputs(broker, topics)
    assert len(after.events) == len(outputs.events)
    assert sum(frame.height for frame in after.frames) == sum(frame.height for frame in outputs.frames)


def test_a_journal_that_lost_its_end(broker: str, topics: Topics, tmp_path: Path) -> None:
    journal = Journal(broker, topics)
    journal.write(0, cases("a", [DAY] * 3, disease="measles"), DAY)
    journal.write(0, cases("b", [DAY] * 2, disease="measles"), DAY)
    running = Running(broker, topics, tmp_path)
    caught_up(broker, topics, journal)
    assert running.end() == 0

    admin = AdminClient({"bootstrap.servers": broker})
    name = topics.journal()
    before = topic_ids(broker, [name])
    for done in admin.delete_topics([name]).values():
        done.result(30)
    eventually(lambda: name not in admin.list_topics(timeout=10).topics)
    ensure_topics(broker, topics)
    assert topic_ids(broker, [name]) != before
    shorter = Journal(broker, topics)
    shorter.put(0, journal.writers[0].values[0])
    shorter.writers[0] = journal.writers[0]
    shorter.writers[0].values = shorter.writers[0].values[:1]
    shorter.writers[0].next_offset = 3
    running = Running(broker, topics, tmp_path)
    outputs = caught_up(broker, topics, shorter)
    assert running.end() == 0
    same(outputs, expected(shorter, load()))


def test_bookmarks_of_another_topic_or_torn_are_no_harm(broker: str, topics: Topics, tmp_path: Path) -> None:
    journal = Journal(broker, topics)
    journal.write(0, cases("a", [DAY] * 3, disease="measles"), DAY)
    for text in (None, "{", '{"x/0": [1, "zz"]}'):
        if text is not None:
            (tmp_path / "bookmarks.json").write_text(text, "utf-8")
        running = Running(broker, topics, tmp_path)
        before = caught_up(broker, topics, journal)
        assert running.end() == 0
    marks = tmp_path / "bookmarks.json"
    marks.write_text(marks.read_text("utf-8").replace("[0,", "[5,"), "utf-8")
    journal.write(1, cases("c", [DAY], disease="measles"), DAY)
    running = Running(broker, topics, tmp_path)
    after = caught_up(broker, topics, journal)
    assert running.end() == 0
    assert after.foreign == before.foreign == 0
    same(after, expected(journal, load()))


def test_the_configuration_has_the_defaults_that_the_profile_uses(tmp_path: Path) -> None:
    config = DetectConfig("127.0.0.1:9092", tmp_path)
    assert (config.partitions, config.topics.journal(), config.catalogue) == (3, "journal.case-reports", None)
