"""Topics: made if missing, and known by the ids that Kafka gave them."""

import time
from collections.abc import Iterable, Sequence

from confluent_kafka import KafkaError, KafkaException, TopicCollection
from confluent_kafka.admin import (  # type: ignore[attr-defined]  # its stubs do not say what it exports
    AdminClient,
    ConfigResource,
    NewTopic,
    ResourceType,
    TopicDescription,
)

from schemas.topics import PARTITIONS, Topics

_TIMEOUT = 30.0


class TopicMismatch(RuntimeError):
    """A topic that exists has other partitions or another time stamp type than the program needs."""


def _admin(bootstrap: str) -> AdminClient:
    return AdminClient({"bootstrap.servers": bootstrap, "log_level": 4})


def ensure_topics(bootstrap: str, topics: Topics, partitions: int = PARTITIONS, replication: int = 1) -> None:
    """Create the topics that do not exist yet; existing ones are left as they are, after a check.

    Parameters
    ----------
    bootstrap
        Address of a broker.
    topics
        Which topics.
    partitions
        Partition count of those that are split. Keys are bound to it, it can never change.
    replication
        Replicas of each partition.

    Raises
    ------
    TopicMismatch
        A topic exists with another partition count, or with senders' instead of the broker's time.
    confluent_kafka.KafkaException
        The broker refused.
    """
    admin = _admin(bootstrap)
    specs = topics.specs(partitions)
    wanted = [NewTopic(spec.name, spec.partitions, replication, config=dict(spec.config)) for spec in specs]
    for name, done in admin.create_topics(wanted, operation_timeout=_TIMEOUT).items():
        try:
            done.result(_TIMEOUT)
        except KafkaException as error:
            if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
                raise KafkaException(error.args[0]) from RuntimeError(f"topic {name}")
    described = _described_soon(admin, [spec.name for spec in specs])
    for spec in specs:
        have = len(described[spec.name].partitions)
        if have != spec.partitions:
            raise TopicMismatch(f"topic {spec.name} has {have} partitions, configured are {spec.partitions}")
    resources = [ConfigResource(ResourceType.TOPIC, spec.name) for spec in specs]
    for resource, done in admin.describe_configs(resources).items():
        if done.result(_TIMEOUT)["message.timestamp.type"].value != "LogAppendTime":
            raise TopicMismatch(f"topic {resource.name} must have message.timestamp.type=LogAppendTime")


def _described_soon(admin: AdminClient, names: Sequence[str]) -> dict[str, TopicDescription]:
    """Describe topics that were just created: a busy broker knows a moment later what it has promised."""
    deadline = time.monotonic() + _TIMEOUT
    while True:
        try:
            return _describe(admin, names)
        except KafkaException as error:
            if error.args[0].code() != KafkaError.UNKNOWN_TOPIC_OR_PART or time.monotonic() > deadline:
                raise
            time.sleep(0.1)


def _describe(admin: AdminClient, names: Iterable[str]) -> dict[str, TopicDescription]:
    futures = admin.describe_topics(TopicCollection(list(names)), request_timeout=_TIMEOUT)
    return {name: done.result(_TIMEOUT) for name, done in futures.items()}


def topic_ids(bootstrap: str, names: Iterable[str]) -> dict[str, str]:
    """Return Kafka's id of each topic: a topic that was deleted and created anew has another.

    Parameters
    ----------
    bootstrap
        Address of a broker.
    names
        Topics that exist.

    Raises
    ------
    confluent_kafka.KafkaException
        A topic does not exist, or the broker does not answer.
    """
    return {name: str(topic.topic_id) for name, topic in _describe(_admin(bootstrap), names).items()}


def partition_counts(bootstrap: str, names: Iterable[str]) -> dict[str, int]:
    """Return the number of partitions of each topic; errors as `topic_ids`."""
    return {name: len(topic.partitions) for name, topic in _describe(_admin(bootstrap), names).items()}
