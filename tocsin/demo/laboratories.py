"""The demo's laboratories: which they are and whose specimens they test is ours, and their codes say so."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any


@dataclass(frozen=True, slots=True)
class Laboratory:
    """A laboratory and the counties that its patients live in.

    Attributes
    ----------
    code
        Its part of issuer and sender.
    area
        County in which it stands.
    counties
        Of its patients.
    """

    code: str
    area: str
    counties: tuple[str, ...]

    @property
    def prefecture(self) -> str:
        """Code of the city."""
        return self.area[:4] + "00"


LABORATORIES = (
    Laboratory("SHENZHEN", "440305", ("440304", "440305", "440306")),
    Laboratory("GUANGZHOU", "440106", ("440104", "440106", "440111")),
    Laboratory("HANGZHOU", "330106", ("330102", "330106", "330109")),
    Laboratory("WENZHOU", "330302", ("330302", "330303", "330304")),
    Laboratory("CHENGDU", "510107", ("510104", "510107", "510112")),
    Laboratory("ZHENGZHOU", "410105", ("410102", "410105", "410184")),
)


@dataclass(frozen=True, slots=True)
class Course:
    """When a specimen was taken, came to the laboratory and was done with."""

    collected: datetime
    received: datetime
    verified: datetime


def drawn_course(morning: datetime, draw: Random) -> Course:
    """Draw a course of a specimen that was taken on the day of a morning."""
    collected = morning + timedelta(minutes=draw.randint(0, 10 * 60))
    received = collected + timedelta(minutes=draw.randint(20, 6 * 60))
    return Course(collected, received, received + timedelta(minutes=draw.randint(4 * 60, 30 * 60)))


def first_result(
    mark: str, laboratory: Laboratory, number: str, county: str, course: Course, **fields: object
) -> dict[str, Any]:
    """Return the first record of a result, final as it comes unless `fields` say otherwise."""
    issuer = f"{mark}-{laboratory.code}"
    return {
        "issuer": issuer,
        "revision": 1,
        "action": "REPORT",
        "sender": issuer,
        "reported_at": course.verified,
        "reported_area": laboratory.area,
        "result_id": f"R-{number}",
        "specimen_id": f"S-{number}",
        "status": "FINAL",
        "method": "PCR",
        "area": county,
        "collected_at": course.collected,
        "received_at": course.received,
        "resulted_at": course.verified,
    } | fields


def revised_result(record: dict[str, Any], told: datetime, **changed: object) -> dict[str, Any]:
    """Return the next revision of a result."""
    return record | {"revision": record["revision"] + 1, "action": "REVISE", "revised_at": told} | changed
