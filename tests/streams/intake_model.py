"""The identity rule again, one record at a time, and reports to try it on."""

import datetime as dt
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import polars as pl

from schemas import registry, wire
from schemas.columns import decode_bodies
from schemas.sources import CASE_REPORTS
from streams.identity import identified

REPORTED = dt.datetime(2020, 1, 20, 4, tzinfo=dt.UTC)


@dataclass(frozen=True)
class Report:
    """What of a report matters to the rule; `content` stands for everything else in it."""

    issuer: str = "H420100001"
    report_id: str = "R1"
    revision: int = 1
    retract: bool = False
    content: int = 0

    @property
    def identity(self) -> tuple[str, str]:
        return self.issuer, self.report_id

    def record(self, **changed: Any) -> dict[str, Any]:
        return {
            "issuer": self.issuer,
            "revision": self.revision,
            "action": "RETRACT" if self.retract else "REPORT" if self.revision == 1 else "REVISE",
            "sender": self.issuer,
            "reported_at": REPORTED,
            "reported_area": "420100",
            "report_id": self.report_id,
            "disease": "covid19",
            "classification": "CONFIRMED",
            "residence_area": "420106",
            "origin": 1,
            "age_years": self.content,
        } | changed

    def value(self, **changed: Any) -> bytes:
        return wire.encode(registry.CASE_REPORT, self.record(**changed))

    @property
    def order(self) -> tuple[int, bool, bytes]:
        body = self.value()[wire.HEADER_BYTES :]
        return self.revision, self.retract, hashlib.blake2b(body, digest_size=16).digest()


Standing = dict[tuple[str, str], Report]


def judge(reports: Iterable[Report], standing: Standing) -> list[tuple[str, Report | None]]:
    """Verdict of each report in turn, and what it replaced; `standing` is moved on."""
    told: list[tuple[str, Report | None]] = []
    for report in reports:
        held = standing.get(report.identity)
        if held is None or report.order > held.order:
            told.append(("ACCEPTED", held))
            standing[report.identity] = report
        elif report == held:
            told.append(("DUPLICATE", None))
        elif report.revision == held.revision:
            told.append(("CONFLICT", None))
        else:
            told.append(("SUPERSEDED", None))
    return told


def frame_of(reports: Iterable[Report]) -> pl.DataFrame:
    frame, good = decode_bodies(registry.CASE_REPORT, [report.value()[wire.HEADER_BYTES :] for report in reports])
    assert good.all()
    return identified(frame, CASE_REPORTS)
