"""Proof that nothing was missed: every entry names its parent, the hash of the entry that it extends.

A reader applies an entry only if its parent is the last one applied. Anything else was written by a process
that had died or been replaced, and is ignored by all readers alike.
"""

from dataclasses import dataclass
from hashlib import blake2b

ID_BYTES = 16


class ChainBroken(Exception):
    """The right parent with a wrong start: this reader's state is wrong, stop and refold."""


def value_id(value: bytes) -> bytes:
    """Return the id of a message: blake2b of its whole value, 16 bytes."""
    return blake2b(value, digest_size=ID_BYTES).digest()


def genesis(topic_id: str, partition: int) -> bytes:
    """Return the parent of a chain's first entry.

    Parameters
    ----------
    topic_id
        Kafka's id of the topic that the chain is made from (for a journal: of its source), so that a topic
        deleted and created anew starts another chain. Chains without a source use their own topic's id.
    partition
        Partition number.
    """
    return blake2b(f"{topic_id}/{partition}".encode(), digest_size=ID_BYTES).digest()


@dataclass(slots=True)
class Chain:
    """Position in a chain whose entries cover ranges of source offsets: a journal partition.

    Parameters
    ----------
    head
        Id of the last entry applied, or `genesis`.
    next_offset
        Source offset that the next entry must start at.
    """

    head: bytes
    next_offset: int

    def offer(self, value: bytes, parent: bytes, from_offset: int, to_offset: int) -> bool:
        """Take the next message of the journal; true if it extends the chain and is to be applied.

        Parameters
        ----------
        value
            The whole message value.
        parent, from_offset, to_offset
            Those fields of the entry in it.

        Raises
        ------
        ChainBroken
            The parent is right and the range does not start where the last one ended, or ends before its start.
        """
        if parent != self.head:
            return False
        if from_offset != self.next_offset or to_offset < from_offset:
            raise ChainBroken(f"entry covers [{from_offset}, {to_offset}), expected a start at {self.next_offset}")
        self.head = value_id(value)
        self.next_offset = to_offset
        return True


@dataclass(slots=True)
class LinkChain:
    """Position in a chain without source ranges: aggregates, alert history.

    Parameters
    ----------
    head
        Id of the last message applied, or `genesis`.
    """

    head: bytes

    def offer(self, value: bytes, parent: bytes) -> bool:
        """Take the next message; true if it extends the chain and is to be applied."""
        if parent != self.head:
            return False
        self.head = value_id(value)
        return True
