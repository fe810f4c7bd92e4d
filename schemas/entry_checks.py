"""What an entry declaration must keep to, besides what every record must; see `schemas.checks`."""

import numpy as np
from numpy.typing import NDArray

from schemas import registry
from schemas.checks import ABSENT, CODE, Area, Checks, Coded, Columns, Fault, Items, Rules, Within, day_of, entered
from schemas.countries import COUNTRIES
from schemas.diseases import diseases
from schemas.pathogens import pathogens
from schemas.ports import ports
from schemas.symptoms import symptoms

COLDEST, HOTTEST = 30.0, 45.0
"""Degrees Celsius of a living traveller; what lies outside is Fahrenheit, or a thermometer's error."""

_DECLARED_AHEAD_MS = 3 * 86_400_000
"""A declaration may be made some days before the arrival that it tells."""

_RESULTS = registry.symbols(registry.ENTRY_DECLARATION, "test_result")


def _further(columns: Columns, arrival: NDArray[np.int64], reported_day: NDArray[np.int64]) -> list[Fault]:
    reported, revised, onset = columns["reported_at"], columns["revised_at"], columns["onset_date"]
    known_day = np.maximum(day_of(entered(columns, arrival)), reported_day)
    positive = columns["test_result"] == _RESULTS.index("POSITIVE")
    return [
        ((revised != ABSENT) & (revised < reported), "revised_before_report", "revised_at"),
        (onset > known_day, "onset_after_report", "onset_date"),
        (positive & ~columns["pathogen given"], "positive_without_pathogen", "pathogen"),
    ]


CHECKS = Checks(
    Rules(
        key="declaration_id",
        patterns={"conveyance": CODE},
        fields=(
            Coded("port", lambda: tuple(ports()), "unknown_port"),
            Area("reported_area"),
            Coded("origin_country", lambda: sorted(COUNTRIES)),
            Items("transit_countries", lambda: sorted(COUNTRIES)),
            Items("symptoms", lambda: tuple(symptoms()), reason="unknown_symptom"),
            Within("temperature_c", COLDEST, HOTTEST, "value_out_of_range"),
            Coded("suspected_disease", lambda: tuple(diseases()), "unknown_disease"),
            Coded("pathogen", lambda: tuple(pathogens()), "unknown_pathogen"),
        ),
        days=("onset_date",),
        instants=("reported_at", "arrived_at", "revised_at"),
        symbols={"test_result": _RESULTS},
        later={"arrived_at": _DECLARED_AHEAD_MS},
        further=_further,
    )
)
