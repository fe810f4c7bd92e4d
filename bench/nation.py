"""Case reports of a whole nation, generated fast: framed Avro values for load tests and benchmarks.

Fields that repeat (area, disease, classification) are encoded once with fastavro and spliced, so that a million
records cost about two seconds instead of a minute; a test decodes a sample and compares.
"""

from __future__ import annotations

import csv
import io
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import fastavro
import numpy as np

from schemas.registry import CASE_REPORT, parsed

TABLES = Path(__file__).parents[1] / "schemas" / "tables"
DAY_MS = 86_400_000


@dataclass(frozen=True)
class Load:
    """What to generate.

    Parameters
    ----------
    reports : int
        Distinct cases.
    first_ms, days : int
        Report times are spread over `days` days from this moment (milliseconds UTC), in ascending order.
    revisions, bad : float
        Share of records that revise an earlier report (here: one of the last thousand), and share that is malformed.
    seed : int
        Of the generator.
    diseases : tuple of str
        Codes to draw from; every one in force if not given.
    weights : tuple of float
        How often each is drawn; without them `YEARLY`'s, or as 1/rank where codes are given.
    """

    reports: int
    first_ms: int
    days: int = 28
    revisions: float = 0.03
    bad: float = 0.01
    seed: int = 1
    diseases: tuple[str, ...] = ()
    weights: tuple[float, ...] = ()


YEARLY = {
    "influenza": 3000, "hfmd": 1500, "viral_hepatitis": 1400, "other_infectious_diarrhoea": 1000, "tuberculosis": 600,
    "covid19": 500, "syphilis": 500, "mumps": 120, "gonorrhoea": 100, "hiv_aids": 60, "brucellosis": 60,
    "pertussis": 60, "scarlet_fever": 30, "dysentery": 30, "ahc": 30, "hfrs": 5, "typhoid_paratyphoid": 5, "dengue": 5,
    "echinococcosis": 4, "sfts": 3, "malaria": 2.5, "measles": 1, "rubella": 1, "typhus": 1, "mpox": 1,
}  # fmt: skip
"""Thousands of notifications in an ordinary year, by order of magnitude; a disease that is not named has a hundred."""

_RARE = 0.1


def _field(schema: object, value: object) -> bytes:
    out = io.BytesIO()
    fastavro.schemaless_writer(out, schema, value)
    return out.getvalue()


def _long(value: int) -> bytes:
    value = (value << 1) ^ (value >> 63)
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def _text(value: str) -> bytes:
    raw = value.encode()
    return _long(len(raw)) + raw


def all_diseases() -> tuple[str, ...]:
    """Codes of the diseases of the code table that are in force, subtypes left out."""
    with (TABLES / "diseases.csv").open(encoding="utf-8") as file:
        return tuple(r["code"] for r in csv.DictReader(file) if not r["parent"] and not r["valid_to"])


def counties() -> tuple[str, ...]:
    """Codes of the counties of the code table that are in force."""
    with (TABLES / "areas.csv").open(encoding="utf-8") as file:
        return tuple(r["code"] for r in csv.DictReader(file) if r["level"] == "county" and not r["valid_to"])


def _tails(diseases: tuple[str, ...], areas: tuple[str, ...]) -> tuple[list[bytes], list[bytes]]:
    """Encoded fields from `disease` to the end, in two halves around `residence_area`."""
    names = [f["name"] for f in parsed(CASE_REPORT)["fields"]]
    schema_of = {f["name"]: f["type"] for f in parsed(CASE_REPORT)["fields"]}
    rest = names[names.index("residence_area") + 1 :]
    values: dict[str, object] = {"origin": 1, "sex": "FEMALE", "severity": "MILD", "course": "ACUTE", "age_years": 34}
    end = b"".join(_field(schema_of[name], values.get(name)) for name in rest)
    confirmed = _field(schema_of["classification"], "CONFIRMED")
    return [_text(d) + confirmed for d in diseases], [_text(a) + end for a in areas]


def values(load: Load) -> Iterator[tuple[bytes, bytes]]:
    """Yield key and framed value of every record, in order of report time.

    Malformed ones are truncated bodies under a key of their own.
    """
    rng = np.random.default_rng(load.seed)
    diseases, areas = load.diseases or all_diseases(), counties()
    ranked = 1 / np.arange(1, len(diseases) + 1) if load.diseases else [YEARLY.get(code, _RARE) for code in diseases]
    weights = np.array(load.weights or ranked)
    area_weights = rng.pareto(1.5, len(areas)) + 0.2
    n = load.reports
    disease_of = rng.choice(len(diseases), n, p=weights / weights.sum())
    area_of = rng.choice(len(areas), n, p=area_weights / area_weights.sum())
    when = np.sort(rng.integers(load.first_ms, load.first_ms + load.days * DAY_MS, n))
    draw = rng.random(n)
    revised = rng.integers(1, 1000, n)
    head = b"\0" + struct.pack(">I", CASE_REPORT)
    issuers = [_text(f"CDC{a}") for a in areas]
    by_disease, by_area = _tails(diseases, areas)
    area_texts = [_text(a) for a in areas]
    report, revise = b"\0", b"\2"  # the enum's first and second symbol

    def value(i: int, revision: int, action: bytes) -> tuple[bytes, bytes]:
        key = f"R{load.seed:02d}-{i:08d}"
        a = area_of[i]
        body = (
            issuers[a] + _long(revision) + action + issuers[a] + _long(int(when[i])) + area_texts[a] + b"\0"
            + _text(key) + by_disease[disease_of[i]] + by_area[a if revision == 1 else (a + 1) % len(areas)]
        )  # fmt: skip
        return key.encode(), head + body

    revised_before: set[int] = set()
    for i in range(n):
        yield value(i, 1, report)
        earlier = i - int(revised[i])
        if draw[i] < load.revisions and earlier >= 0 and earlier not in revised_before:
            revised_before.add(earlier)
            yield value(earlier, 2, revise)
        elif draw[i] > 1 - load.bad:
            key, whole = value(i, 1, report)
            yield b"B" + key, whole[:-7]
