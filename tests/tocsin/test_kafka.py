"""The embedded broker: what was acknowledged is there after kill -9, and it starts and stops cleanly."""

import os
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from schemas.topics import Topics
from tocsin.child import Child
from tocsin.embedded import jars
from tocsin.embedded.kafka import KafkaNode, wait_ready
from tocsin.ports import free_ports

QUIET = {"log_level": 0}


@pytest.fixture
def node(tmp_path: Path) -> KafkaNode:
    return KafkaNode(tmp_path / "kafka", *free_ports(2))


def produce(node: KafkaNode, values: range) -> None:
    producer = Producer({"bootstrap.servers": node.bootstrap, "acks": "all", "enable.idempotence": True, **QUIET})
    for value in values:
        producer.produce("numbers", str(value), partition=0)
    assert producer.flush(30) == 0


def stored(node: KafkaNode) -> list[int]:
    consumer = Consumer({"bootstrap.servers": node.bootstrap, "group.id": "reader", **QUIET})
    partition = TopicPartition("numbers", 0, 0)
    consumer.assign([partition])
    _, end = consumer.get_watermark_offsets(partition, timeout=30)
    found: list[int] = []
    while len(found) < end:
        found += [int(message.value()) for message in consumer.consume(end - len(found), 1.0) if not message.error()]
    consumer.close()
    return found


def test_acknowledged_records_survive_kill_and_a_change_of_ports(node: KafkaNode, tmp_path: Path) -> None:
    log = tmp_path / "broker.log"
    child = node.child(log)
    child.start()
    wait_ready(node, child)
    admin = AdminClient({"bootstrap.servers": node.bootstrap, **QUIET})
    for done in admin.create_topics([NewTopic("numbers", 1, 1)]).values():
        done.result(30)
    produce(node, range(1000))
    child.kill()

    child.start()
    wait_ready(node, child)
    produce(node, range(1000, 1100))
    assert stored(node) == list(range(1100))
    child.stop()

    moved = KafkaNode(node.folder, *free_ports(2))
    child = moved.child(log)
    child.start()
    wait_ready(moved, child)
    assert stored(moved) == list(range(1100))
    assert child.stop() == 143  # the Java runtime's code for an orderly end on SIGTERM
    assert "Unclean" not in child.last_words(50)


def test_broker_listens_on_loopback_only_and_stays_small(node: KafkaNode, tmp_path: Path) -> None:
    child = node.child(tmp_path / "broker.log")
    child.start()
    wait_ready(node, child)
    assert child.pid is not None
    process = psutil.Process(child.pid)
    addresses = {each.laddr.ip.removeprefix("::ffff:") for each in process.net_connections() if each.status == "LISTEN"}
    assert addresses == {"127.0.0.1"}
    assert process.memory_info().rss < 340 << 20
    child.stop()


def test_topics_fixture_has_settings_of_the_design(broker: str, topics: Topics) -> None:
    metadata = AdminClient({"bootstrap.servers": broker}).list_topics(timeout=10)
    assert {spec.name: spec.partitions for spec in topics.specs()} == {
        name: len(topic.partitions) for name, topic in metadata.topics.items() if name.startswith(topics.prefix)
    }


def test_a_wrong_jar_is_replaced_and_a_lock_that_cannot_be_met_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = min(jars.locked(), key=lambda jar: jar.size)
    monkeypatch.setattr(jars, "locked", lambda: (small,))
    [path] = jars.fetch(tmp_path)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])  # an install that was killed
    assert jars.fetch(tmp_path) == [path]
    assert path.read_bytes() == whole
    monkeypatch.setattr(jars, "locked", lambda: (jars.LockedJar(small.coordinate, "0" * 64, small.size),))
    with pytest.raises(jars.JarError, match="SHA-256"):
        jars.fetch(tmp_path)
    assert not path.exists()


def test_lock_names_no_address() -> None:
    assert all(jar.coordinate.count(":") == 2 and len(jar.sha256) == 64 for jar in jars.locked())
    assert "org.apache.kafka:kafka_2.13:4.3.1" in {jar.coordinate for jar in jars.locked()}


def test_a_child_dies_with_its_parent(tmp_path: Path) -> None:
    program = (
        "import sys, time; from pathlib import Path; from tocsin.child import Child\n"
        "sleeper = [sys.executable, '-c', 'import time; time.sleep(60)']\n"
        f"child = Child('sleeper', sleeper, Path({str(tmp_path)!r}) / 'log')\n"
        "child.start(); print(child.pid, flush=True); time.sleep(60)"
    )
    parent = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    pid = int(parent.stdout.readline())
    assert psutil.pid_exists(pid)
    parent.kill()
    parent.wait()
    deadline = time.monotonic() + 5
    while psutil.pid_exists(pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not psutil.pid_exists(pid)


def test_stop_ends_a_stopped_child_and_one_that_will_not_listen(tmp_path: Path) -> None:
    deaf = (
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(60)"
    )
    child = Child("deaf", [sys.executable, "-c", deaf], tmp_path / "log")
    child.start()
    while "deaf" not in child.last_words():
        time.sleep(0.01)
    assert child.stop(grace=0.2) == -9
    child = Child("asleep", [sys.executable, "-c", "import time; time.sleep(60)"], tmp_path / "log")
    child.start()
    assert child.pid is not None
    os.kill(child.pid, 19)  # SIGSTOP
    assert child.stop(grace=5) == -15
