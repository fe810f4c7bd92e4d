"""Topics: made once, left alone afterwards, and refused where they do not fit."""

import uuid
from collections.abc import Iterator

import pytest
from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient, NewTopic

from schemas.topics import Topics
from streams.admin import TopicMismatch, ensure_topics, partition_counts, topic_ids


@pytest.fixture
def named(broker: str) -> Iterator[Topics]:
    """A prefix under which nothing exists yet; what the test makes is deleted."""
    topics = Topics(f"a{uuid.uuid4().hex[:10]}.")
    yield topics
    admin = AdminClient({"bootstrap.servers": broker})
    made = [name for name in admin.list_topics(timeout=30).topics if name.startswith(topics.prefix)]
    for done in admin.delete_topics(made).values() if made else ():
        done.result(30)


def test_topics_are_made_once_and_keep_their_ids(broker: str, named: Topics) -> None:
    names = [spec.name for spec in named.specs()]
    ensure_topics(broker, named)
    ids = topic_ids(broker, names)
    ensure_topics(broker, named)
    assert topic_ids(broker, names) == ids
    assert len(set(ids.values())) == len(names)
    assert partition_counts(broker, names) == {spec.name: spec.partitions for spec in named.specs()}


def test_another_partition_count_is_refused(broker: str, named: Topics) -> None:
    ensure_topics(broker, named, partitions=2)
    with pytest.raises(TopicMismatch, match="has 2 partitions"):
        ensure_topics(broker, named, partitions=3)


def test_senders_time_is_refused(broker: str, named: Topics) -> None:
    admin = AdminClient({"bootstrap.servers": broker})
    wanted = NewTopic(named.case_reports, 3, 1, config={"message.timestamp.type": "CreateTime"})
    admin.create_topics([wanted])[named.case_reports].result(30)
    with pytest.raises(TopicMismatch, match="LogAppendTime"):
        ensure_topics(broker, named)


def test_a_topic_that_does_not_exist_has_no_id(broker: str, named: Topics) -> None:
    with pytest.raises(KafkaException):
        topic_ids(broker, [named.case_reports])
