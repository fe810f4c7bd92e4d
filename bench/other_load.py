"""Laboratory results, entry declarations and observations for the intake benchmark, with what to expect of them.

The same mixture as `bench.intake_load` makes of case reports: new ones, 3 % revisions, and a share of bad ones.
"""

import datetime as dt
import random
from collections.abc import Iterator

from bench.intake_load import SHARE_REVISED, Load
from bench.tampering import tampered
from schemas import wire
from schemas.areas import areas
from schemas.pathogens import pathogens
from schemas.ports import ports
from schemas.sources import sources
from schemas.symptoms import symptoms

Record = dict[str, object]

_ABROAD = ("TH", "IT", "US", "KR", "AE")


def _common(chance: random.Random, now: dt.datetime, county: str, kind: str) -> Record:
    sender = f"{kind}{county}{chance.randrange(8):03d}"
    return {
        "issuer": sender,
        "revision": 1,
        "action": "REPORT",
        "sender": sender,
        "reported_at": now - dt.timedelta(seconds=chance.randrange(3600, 86_400)),
        "reported_area": county,
    }


def _lab_result(chance: random.Random, number: int, now: dt.datetime, county: str) -> Record:
    common = _common(chance, now, county, "L")
    resulted = now - dt.timedelta(days=2)
    return common | {
        "result_id": f"{county}-{number:08d}",
        "specimen_id": f"S{number:08d}",
        "specimen_type": "stool",
        "test": "94500-6",
        "pathogen": chance.choice(tuple(pathogens())),
        "subtype": chance.choice((None, "GII.17")),
        "result": chance.choice(("POSITIVE", "NEGATIVE", "NEGATIVE", "NEGATIVE", "INVALID")),
        "status": "FINAL",
        "value": chance.choice((None, 22.5)),
        "unit": "{Ct}",
        "area": county,
        "collected_at": resulted - dt.timedelta(days=1),
        "received_at": resulted - dt.timedelta(hours=9),
        "resulted_at": resulted,
        "patient": f"k1:{chance.getrandbits(128):032x}",
    }


def _declaration(chance: random.Random, number: int, now: dt.datetime, county: str) -> Record:
    return _common(chance, now, county, "P") | {
        "declaration_id": f"{county}-{number:08d}",
        "port": chance.choice(tuple(ports())),
        "arrived_at": now - dt.timedelta(hours=chance.randrange(2, 30)),
        "origin_country": chance.choice(_ABROAD),
        "transit_countries": list(_ABROAD[: chance.randrange(3)]),
        "transport": "AIR",
        "conveyance": f"CA{chance.randrange(1000)}",
        "symptoms": chance.sample(tuple(symptoms()), chance.randrange(3)),
        "temperature_c": chance.choice((None, 36.6, 38.1)),
    }


def _observation(chance: random.Random, number: int, now: dt.datetime, county: str) -> Record:
    return _common(chance, now, county, "O") | {
        "observation_id": f"{county}-{number:08d}",
        "indicator": "arrivals",
        "area": county,
        "period_start": (now - dt.timedelta(days=chance.randrange(2, 30))).date(),
        "period_days": 1,
        "count": chance.randrange(5000),
        "port": chance.choice(tuple(ports())),
        "origin_country": chance.choice((None, *_ABROAD)),
        "dimension": [{"name": "direction", "value": "in"}] if chance.random() < 0.3 else [],
    }


_MADE = {"lab-results": _lab_result, "entry-declarations": _declaration, "observations": _observation}
BAD_KINDS = ("truncated", "trailing", "magic", "unknown_schema", "empty_key", "other_key", "tombstone", "revision_0")


def _spoil(kind: str, key: bytes, record: Record, schema_id: int) -> tuple[bytes, bytes | None]:
    value = wire.encode(schema_id, {**record, "revision": 0} if kind == "revision_0" else record)
    return tampered(kind, key, value)


def generate(
    source: str, count: int, seed: int, *, share_bad: float, kinds: tuple[str, ...], load: Load
) -> Iterator[tuple[bytes, bytes | None]]:
    """Yield `count` messages of a source and note in `load` the verdicts that they must get.

    Parameters
    ----------
    source
        Name of the inbox.
    count, seed, share_bad, kinds, load
        As in `bench.intake_load.generate`; of its kinds those that the source has not are left out.
    """
    chance = random.Random(seed)
    now = dt.datetime.now(dt.UTC).replace(microsecond=0) - dt.timedelta(minutes=1)
    table = areas()
    counties = [code for code, level in zip(table.code, table.level, strict=True) if level == 3 and code[:2] < "70"]
    of_source = sources()[source]
    bad = [kind for kind in kinds if kind in BAD_KINDS]
    kept: list[Record] = []
    for number in range(count):
        draw = chance.random()
        if draw < SHARE_REVISED and kept:
            record = chance.choice(kept)
            record["revision"] = int(str(record["revision"])) + 1
            record["action"] = "RETRACT" if chance.random() < 0.2 else "REVISE"
            load.expected["accepted"] += 1
            load.expected["replaced"] += 1
        else:
            record = _MADE[source](chance, number, now, chance.choice(counties))
            if draw > 1 - share_bad:
                load.expected["rejected"] += 1
                key = str(record[of_source.key]).encode()
                yield _spoil(chance.choice(bad), key, record, of_source.schema_id)
                continue
            if chance.random() < 0.3:
                kept.append(record)
            load.expected["accepted"] += 1
        yield str(record[of_source.key]).encode(), wire.encode(of_source.schema_id, record)
