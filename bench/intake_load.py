"""Case reports for the intake benchmark: new ones, 3 % revisions, and a share of bad ones, with what to expect.

Everything follows from the seed. The expectation is counted while generating, by the one who knows what he made;
it shares nothing with intake.
"""

import datetime as dt
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from bench.tampering import tampered
from schemas import registry, wire
from schemas.areas import areas

SHARE_REVISED = 0.03
BAD_KINDS = (
    "truncated",
    "magic",
    "unknown_schema",
    "unknown_disease",
    "unknown_area",
    "onset_after_report",
    "onset_1900",
    "year_2199",
    "revision_0",
    "empty_key",
    "other_key",
    "tombstone",
    "sender_ahead",
    "identity_number",
    "trailing",
    "not_utf8",
)

_DISEASES = ("covid19", "influenza", "hepatitis_c", "tuberculosis", "hepatitis_b", "mumps", "measles")


@dataclass(slots=True)
class Load:
    """Messages (key, value) with the number of each verdict that they must get."""

    expected: Counter[str] = field(default_factory=Counter)


def _record(chance: random.Random, number: int, now: dt.datetime, counties: list[str]) -> dict[str, object]:
    county = counties[chance.randrange(len(counties))]
    sender = f"H{county}{chance.randrange(8):03d}"
    reported = now - dt.timedelta(seconds=chance.randrange(3600, 86_400))
    day = (reported + dt.timedelta(hours=8)).date()
    onset = day - dt.timedelta(days=1 + chance.randrange(10))
    return {
        "issuer": sender,
        "revision": 1,
        "action": "REPORT",
        "sender": sender,
        "reported_at": reported,
        "reported_area": county,
        "report_id": f"{county}-{day:%Y%m%d}-{number:08d}",
        "disease": chance.choice(_DISEASES),
        "classification": chance.choice(("SUSPECTED", "CLINICAL", "CONFIRMED")),
        "residence_area": county,
        "origin": 1,
        "onset_date": onset,
        "diagnosed_at": reported - dt.timedelta(minutes=30),
        "age_years": chance.randrange(100),
        "sex": chance.choice(("MALE", "FEMALE")),
        "severity": "MILD",
        "filled_on": day,
        "patient": f"k1:{chance.getrandbits(128):032x}",
    }


def _spoil(kind: str, record: dict[str, object], now: dt.datetime) -> tuple[bytes, bytes | None]:
    record = dict(record)
    key = str(record["report_id"]).encode()
    if kind == "unknown_disease":
        record["disease"] = "no_such_disease"
    elif kind == "unknown_area":
        record["residence_area"] = "999999"
    elif kind == "onset_after_report":
        record["onset_date"] = (now + dt.timedelta(days=1)).date()
    elif kind == "onset_1900":
        record["onset_date"] = dt.date(1900, 1, 1)
    elif kind == "year_2199":
        record["reported_at"] = dt.datetime(2199, 1, 1, tzinfo=dt.UTC)
    elif kind == "sender_ahead":
        record["reported_at"] = now + dt.timedelta(days=365)
    elif kind == "revision_0":
        record["revision"] = 0
    elif kind == "identity_number":
        record["population_group"] = "11010519491231002X"
    value = wire.encode(registry.CASE_REPORT, record)
    return tampered(kind, key, value)


def generate(
    count: int, seed: int, *, share_bad: float, kinds: tuple[str, ...], load: Load
) -> Iterator[tuple[bytes, bytes | None]]:
    """Yield `count` messages and note in `load` the verdicts that they must get.

    Parameters
    ----------
    count
        Messages in all.
    seed
        Of the random numbers.
    share_bad
        Share of messages that must be rejected.
    kinds
        Kinds of bad messages (`BAD_KINDS`), chosen from at random.
    load
        Filled while the messages are drawn.
    """
    chance = random.Random(seed)
    now = dt.datetime.now(dt.UTC).replace(microsecond=0) - dt.timedelta(minutes=1)
    table = areas()
    counties = [code for code, level in zip(table.code, table.level, strict=True) if level == 3 and code[:2] < "70"]
    kept: list[dict[str, object]] = []
    for number in range(count):
        draw = chance.random()
        if draw < SHARE_REVISED and kept:
            record = kept[chance.randrange(len(kept))]
            record["revision"] = int(str(record["revision"])) + 1
            record["action"] = "RETRACT" if chance.random() < 0.2 else "REVISE"
            load.expected["accepted"] += 1
            load.expected["replaced"] += 1
        else:
            record = _record(chance, number, now, counties)
            if draw > 1 - share_bad:
                load.expected["rejected"] += 1
                yield _spoil(kinds[chance.randrange(len(kinds))], record, now)
                continue
            if chance.random() < 0.3:
                kept.append(record)
            load.expected["accepted"] += 1
        yield str(record["report_id"]).encode(), wire.encode(registry.CASE_REPORT, record)
