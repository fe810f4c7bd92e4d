"""Laboratory results, entry declarations and observations for the chain's tests, as ugly as the case reports."""

from __future__ import annotations

import io
import json
import random
import struct
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import fastavro

AVRO = Path(__file__).parents[2] / "schemas" / "avro"
Message = tuple[bytes | None, bytes | None]
Told = list[tuple[Message, str]]
"""Messages, each with the reason of its rejection or an empty text."""

KEY = {
    "case-reports": "report_id",
    "lab-results": "result_id",
    "entry-declarations": "declaration_id",
    "observations": "observation_id",
}
OTHERS = ("lab-results", "entry-declarations", "observations")
_FILE = {"lab-results": "lab_result", "entry-declarations": "entry_declaration", "observations": "observation"}
_NUMBER = {"lab-results": 2, "entry-declarations": 3, "observations": 4}
_SCHEMA = {
    name: fastavro.parse_schema(json.loads((AVRO / f"{file}.avsc").read_text("utf-8"))) for name, file in _FILE.items()
}
_HUGE = 70_000
_MOST_ITEMS = 64

AREAS = ("420102", "420103", "440103", "4401", "110101", "330106")
PORTS = ("CNPEK", "CNKMG", "CNSZX")
PATHOGENS = ("vibrio_cholerae", "norovirus", "sars_cov_2")


def framed(source: str, fields: Mapping[str, Any]) -> bytes:
    """The record in Confluent's wire format."""
    out = io.BytesIO()
    fastavro.schemaless_writer(out, _SCHEMA[source], fields)
    return b"\0" + struct.pack(">I", _NUMBER[source]) + out.getvalue()


def message(source: str, fields: Mapping[str, Any]) -> Message:
    """Key and value."""
    return fields[KEY[source]].encode(), framed(source, fields)


def _common(sender: str, entered: datetime) -> dict[str, Any]:
    return {
        "issuer": sender,
        "revision": 1,
        "action": "REPORT",
        "sender": sender,
        "reported_at": entered,
        "reported_area": "420102",
        "expanded_from_counts": False,
        "revised_at": None,
    }


def lab_result(result_id: str, entered: datetime, **fields: Any) -> dict[str, Any]:
    """Fields of a sound laboratory result."""
    return {
        **_common("LAB420102", entered),
        "result_id": result_id,
        "specimen_id": f"S-{result_id}",
        "specimen_type": "stool",
        "test": "T1",
        "pathogen": "norovirus",
        "subtype": None,
        "result": "POSITIVE",
        "status": "FINAL",
        "value": None,
        "cluster_type": None,
        "area": "420102",
        "resulted_at": entered - timedelta(hours=1),
        "patient": None,
        **fields,
    }


def declaration(declaration_id: str, entered: datetime, **fields: Any) -> dict[str, Any]:
    """Fields of a sound entry declaration."""
    return {
        **_common("PORT420102", entered),
        "declaration_id": declaration_id,
        "port": "CNKMG",
        "arrived_at": entered - timedelta(hours=2),
        "origin_country": "TH",
        "transit_countries": [],
        "transport": "AIR",
        "conveyance": None,
        "symptoms": [],
        "temperature_c": None,
        "suspected_disease": None,
        "test_result": "NOT_TESTED",
        "pathogen": None,
        **fields,
    }


def observation(observation_id: str, entered: datetime, **fields: Any) -> dict[str, Any]:
    """Fields of a sound observation."""
    return {
        **_common("OBS420102", entered),
        "observation_id": observation_id,
        "indicator": "arrivals",
        "area": "420102",
        "period_start": (entered - timedelta(days=1)).date(),
        "period_days": 1,
        "count": 1000,
        "denominator": None,
        "value": None,
        "port": "CNKMG",
        "origin_country": None,
        "dimension": [],
        **fields,
    }


MADE: Mapping[str, Callable[..., dict[str, Any]]] = {
    "lab-results": lab_result,
    "entry-declarations": declaration,
    "observations": observation,
}
_LIMITS: dict[str, tuple[tuple[str, dict[str, Any]], ...]] = {
    "lab-results": (
        ("unknown_pathogen", {"pathogen": "dragon_pox_virus"}),
        ("value_out_of_range", {"value": float("nan")}),
        ("value_out_of_range", {"value": float("-inf")}),
        ("identifier_found", {"specimen_id": "11010119900307721X"}),
        ("unknown_area", {"area": "999999"}),
    ),
    "entry-declarations": (
        ("unknown_symptom", {"symptoms": ["fever", "bad mood"]}),
        ("undecodable_body", {"symptoms": ["fever"] * (_MOST_ITEMS + 1)}),
        ("bad_code", {"transit_countries": ["TH"] * (_MOST_ITEMS - 1) + ["XX"]}),
        ("identifier_found", {"transit_countries": ["TH", "13812345678"]}),
        ("value_out_of_range", {"temperature_c": 45.1}),
        ("value_out_of_range", {"temperature_c": float("nan")}),
        ("positive_without_pathogen", {"test_result": "POSITIVE"}),
    ),
    "observations": (
        ("undecodable_body", {"dimension": [{"name": "age", "value": "0"}] * (_MOST_ITEMS + 1)}),
        ("identifier_found", {"dimension": [{"name": "age", "value": "13812345678"}]}),
        ("value_out_of_range", {"count": 2**63 - 1}),
        ("value_out_of_range", {"count": -1}),
        ("unknown_indicator", {"indicator": "rumours"}),
        ("bad_period", {"period_days": 0}),
        ("missing_field", {"port": None}),
    ),
}
AT_THE_LIMIT: dict[str, tuple[dict[str, Any], ...]] = {
    "lab-results": ({"value": 1.7976931348623157e308}, {"value": -5e-324}, {"value": -0.0}),
    "entry-declarations": (
        {"symptoms": ["fever"] * _MOST_ITEMS, "transit_countries": ["TH"] * _MOST_ITEMS},
        {"temperature_c": 45.0},
        {"temperature_c": 30.0},
    ),
    "observations": (
        {"count": 0},
        {"count": 5_000_000, "dimension": [{"name": f"n{n}", "value": "v"} for n in range(_MOST_ITEMS)]},
        {"indicator": "tests_performed", "count": 100_000_000, "period_days": 366},
    ),
}
"""What is as large, as small, as long as a record may say, and sound."""


def bad_messages(source: str, tag: str, now: datetime) -> Told:
    """One message of every bad kind; the tag keeps their keys apart from others'."""
    good = MADE[source](f"{tag}-good", now)
    key, value = message(source, good)
    assert value is not None
    foreign = 1 + _NUMBER[source] % 4
    torn: Told = [
        ((key, value[:-9]), "undecodable_body"),
        ((key, value + b"\0"), "undecodable_body"),
        ((key, b"\1" + value[1:]), "wrong_magic_byte"),
        ((key, value[:3]), "truncated_frame"),
        ((key, b"\0" + struct.pack(">I", foreign) + value[5:]), "unknown_schema"),
        ((key, value + bytes(_HUGE)), "value_too_long"),
        ((key, None), "tombstone"),
        ((b"another-key", value), "key_mismatch"),
    ]
    early = (("revision_below_one", {"revision": 0}), ("retract_at_revision_one", {"action": "RETRACT"}))
    wrong = [
        (message(source, MADE[source](f"{tag}-{number}", now, **fields)), reason)
        for number, (reason, fields) in enumerate((*_LIMITS[source], *early))
    ]
    return [*torn, *wrong]


def drawn(source: str, rng: random.Random, name: str, clock: datetime) -> dict[str, Any]:
    """A sound record of which everything but its name is left to chance."""
    entered = clock - timedelta(hours=rng.choice((0, 1, 30, 100)))
    fields = MADE[source](name, entered, **content(source, rng, entered))
    if source == "lab-results" and rng.random() < 0.7:
        fields["patient"] = f"k1:{rng.randrange(12):032x}"
    if source == "entry-declarations":
        fields["arrived_at"] = entered - timedelta(hours=rng.choice((1, 9, 40)))
    return fields


def content(source: str, rng: random.Random, entered: datetime) -> dict[str, Any]:
    """What a correction may change as well."""
    if source == "lab-results":
        return {
            "pathogen": rng.choice(PATHOGENS),
            "specimen_id": f"S{rng.randrange(40)}",
            "result": rng.choice(("POSITIVE", "POSITIVE", "NEGATIVE", "NEGATIVE", "INVALID", "INDETERMINATE")),
            "status": rng.choice(("PRELIMINARY", "FINAL", "FINAL", "CORRECTED", "CANCELLED")),
            "subtype": rng.choice((None, "GII.17", "GII.4")),
            "cluster_type": rng.choice((None, None, "B.1")),
            "area": rng.choice(AREAS),
            "value": rng.choice((None, 22.5)),
        }
    if source == "entry-declarations":
        positive = rng.random() < 0.3
        return {
            "port": rng.choice(PORTS),
            "origin_country": rng.choice(("TH", "IT", "US")),
            "conveyance": rng.choice((None, "MU588", "CA902")),
            "symptoms": rng.choice(([], ["fever"], ["fever", "cough"])),
            "temperature_c": rng.choice((None, 36.6, 37.3, 38.9)),
            "suspected_disease": rng.choice((None, None, "covid19", "cholera")),
            "test_result": "POSITIVE" if positive else rng.choice(("NEGATIVE", "PENDING", "NOT_TESTED")),
            "pathogen": rng.choice(("sars_cov_2", "vibrio_cholerae")) if positive else None,
        }
    return {
        "indicator": rng.choice(("arrivals", "arrivals", "arrivals", "tests_performed")),
        "port": rng.choice(PORTS),
        "origin_country": rng.choice((None, None, "TH", "IT")),
        "period_start": entered.date() - timedelta(days=rng.choice((0, 1, 1, 2))),
        "period_days": rng.choice((1, 1, 1, 7)),
        "count": rng.randrange(3000),
    }


class Others:
    """Records of the other three sources, with revisions, retractions, resends, disorder and bad ones.

    Parameters
    ----------
    seed : int
        The same gives the same records.
    """

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._rng = random.Random(f"others {seed}")
        self._known: dict[str, list[dict[str, Any]]] = {source: [] for source in OTHERS}

    def draw(self, number: int, clock: datetime, size: int) -> dict[str, Told]:
        """Some messages of each source that arrive at a clock, three bad ones among them."""
        return {source: self._some(source, number, clock, size) for source in OTHERS}

    def _some(self, source: str, number: int, clock: datetime, size: int) -> Told:
        rng, known = self._rng, self._known[source]
        made: Told = []
        for i in range(size):
            kind = rng.random()
            if kind < 0.7 or not known:
                fields = drawn(source, rng, f"{source[0].upper()}{self._seed}-{number:03d}-{i:03d}", clock)
                known.append(fields)
            elif kind < 0.82:
                old = rng.choice(known)
                fields = {**old, **content(source, rng, old["reported_at"]), "action": "REVISE"}
                fields["revision"] += rng.choice((1, 1, 2))
            elif kind < 0.92:
                fields = {**rng.choice(known), "action": "RETRACT"}
                fields["revision"] += 1
            else:
                fields = rng.choice(known)
            made.append((message(source, fields), ""))
            if kind >= 0.7 and rng.random() < 0.5:
                known[rng.randrange(len(known))] = fields
        made += rng.sample(bad_messages(source, f"B{self._seed}-{number}", clock), 3)
        rng.shuffle(made)
        return made


def limits(source: str, tag: str, now: datetime) -> Sequence[Message]:
    """Sound records at the limits of what may be said."""
    return [
        message(source, MADE[source](f"{tag}-{number}", now, **fields))
        for number, fields in enumerate(AT_THE_LIMIT[source])
    ]
