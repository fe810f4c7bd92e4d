"""What the pipeline says held against what the judge finds: everything in which they differ."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from tests.chain.installation import Installation
from tests.chain.other_reports import KEY
from tests.chain.reports import Chunk
from tests.judge import border, counts, laboratory
from tests.judge.counts import Cell
from tests.judge.ledger import judge_records
from tests.judge.source import read_topic

CONFIRMED = ("CLINICAL", "CONFIRMED")
IMMEDIATE = (*CONFIRMED, "SUSPECTED", "CARRIER")
PATHOGENS = ("vibrio_cholerae", "norovirus", "sars_cov_2")


def _signal(disease: str, classes: tuple[str, ...]) -> Callable[[Mapping[str, Any]], bool]:
    return lambda report: report["disease"] == disease and report["classification"] in classes


CASES = {
    **{f"{d}.cases": _signal(d, CONFIRMED) for d in ("measles", "dysentery", "influenza", "pertussis", "covid19")},
    "cholera.cases": _signal("cholera", IMMEDIATE),
}
DISEASES_AT_PORTS = tuple(f"{disease}.{by}" for disease in border.CAUSES for by in ("port", "origin"))
RESULTS = tuple(f"{pathogen}.{suffix}" for pathogen in PATHOGENS for suffix in ("positivity", "first"))
TYPES = tuple(f"{pathogen}.types" for pathogen in PATHOGENS)
AMONG = ("entry.ill", "entry.origin", *RESULTS)
"""Signals that are held against tests or arrivals."""

SIGNALS = (*CASES, *AMONG, *TYPES, *DISEASES_AT_PORTS, "entry.conveyance")
Difference = tuple[object, ...]


@dataclass(frozen=True)
class Found:
    """What the judge counts, and where the pipeline says something else."""

    counts: Counter[Cell]
    beside: Counter[Cell]
    differences: frozenset[Difference]


def _sent_bad(sent: Iterable[Chunk]) -> dict[str, Counter[str]]:
    reasons: dict[str, Counter[str]] = {source: Counter() for source in KEY}
    for chunk in sent:
        for source, told in {"case-reports": chunk.bad, **chunk.bad_others}.items():
            reasons[source].update(reason for reason in told if reason)
    return reasons


def compare(installation: Installation, sent: Sequence[Chunk]) -> Found:
    """Compare verdicts, counts and denominators of every source with the judge's."""
    differences: set[Difference] = set()
    rows = installation.sql("SELECT topic, partition, offset, verdict, reason FROM verdicts WHERE verdict != 'void'")
    said = {source: {(int(p), int(o)): (v, why) for t, p, o, v, why in rows if t == source} for source in KEY}
    standing: dict[str, list[dict[str, Any]]] = {}
    for source, reasons in _sent_bad(sent).items():
        told = said[source]
        rejected = {position for position, (verdict, _) in told.items() if verdict == "rejected"}
        if (got := Counter(told[position][1] for position in rejected)) != reasons:
            differences.add(("rejections", source, str(got - reasons), str(reasons - got)))
        records = read_topic(installation.settings.bootstrap, installation.topics.inbox(source))
        verdicts, standing[source] = judge_records(records, rejected, KEY[source])
        for position in {*told, *verdicts}:
            ours, theirs = verdicts.get(position), told.get(position, (None,))[0]
            if ours != theirs:
                differences.add(("verdict", source, position, theirs, ours))
    positives, tests = laboratory.count(standing["lab-results"], PATHOGENS)
    cells = counts.count(standing["case-reports"], CASES) + positives + border.count(standing["entry-declarations"])
    beside = tests + border.arrivals(standing["observations"])
    differences |= _counted(installation, cells, beside)
    return Found(cells, beside, frozenset(differences))


def _counted(installation: Installation, cells: Counter[Cell], beside: Counter[Cell]) -> set[Difference]:
    shown: Counter[Cell] = Counter()
    among: Counter[Cell] = Counter()
    for signal, level, area, day, number, tests in installation.sql(
        "SELECT signal, level, area, toString(day), count, ifNull(denominator, 0) FROM aggregates"
    ):
        cell = (signal, level, area, date.fromisoformat(day))
        if signal in SIGNALS and int(number):
            shown[cell] = int(number)
        if signal in AMONG and int(tests):
            among[cell] = int(tests)
    return {
        (kind, *cell, theirs[cell] - ours[cell])
        for kind, theirs, ours in (("count", shown, cells), ("denominator", among, beside))
        for cell in {*theirs, *ours}
        if theirs[cell] != ours[cell]
    }
