"""What a laboratory result must keep to, besides what every record must; see `schemas.checks`."""

import sys

import numpy as np
from numpy.typing import NDArray

from schemas.checks import (
    ABSENT,
    CLOCK_TOLERANCE_MS,
    CODE,
    NUMBER,
    Area,
    Checks,
    Coded,
    Columns,
    Fault,
    Rules,
    Within,
    entered,
)
from schemas.pathogens import pathogens

_TYPE = r"^[A-Za-z0-9][A-Za-z0-9._:/()+-]{0,63}$"
"""Subtypes are written A(H1N1)pdm09, serotypes 4b, sequence types ST-258."""

_UNIT = r"^[A-Za-z0-9%/.*{}\[\]^_'-]{1,24}$"
_LARGEST = sys.float_info.max


def _further(columns: Columns, arrival: NDArray[np.int64], reported_day: NDArray[np.int64]) -> list[Fault]:
    """A specimen is collected, then received, then examined; what is not known stands in no order."""
    del reported_day
    reported, revised = columns["reported_at"], columns["revised_at"]
    collected, received, resulted = columns["collected_at"], columns["received_at"], columns["resulted_at"]
    known = entered(columns, arrival)
    before = np.maximum(collected, received)
    return [
        ((revised != ABSENT) & (revised < reported), "revised_before_report", "revised_at"),
        ((received != ABSENT) & (received < collected), "received_before_collected", "received_at"),
        (resulted < before, "resulted_before_received", "resulted_at"),
        (resulted > known + CLOCK_TOLERANCE_MS, "date_after_report", "resulted_at"),
    ]


CHECKS = Checks(
    Rules(
        key="result_id",
        patterns={
            "report_id": NUMBER,
            "report_issuer": CODE,
            "specimen_id": NUMBER,
            "specimen_type": CODE,
            "test": CODE,
            "subtype": _TYPE,
            "unit": _UNIT,
            "method": CODE,
            "cluster_type": _TYPE,
        },
        fields=(
            Coded("pathogen", lambda: tuple(pathogens()), "unknown_pathogen"),
            Area("reported_area"),
            Area("area"),
            Within("value", -_LARGEST, _LARGEST, "value_out_of_range"),
        ),
        days=(),
        instants=("reported_at", "collected_at", "received_at", "resulted_at", "revised_at"),
        further=_further,
    )
)
