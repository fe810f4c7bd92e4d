"""A decoded message with the place where it was read."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Placed:
    """One record of a topic: where it lay, and its fields."""

    topic_id: str
    partition: int
    offset: int
    record: dict[str, Any]
