"""Where a record counts: which series it adds to, by area, port, origin, conveyance or type, and on which day.

Pipeline and recount read the same table, but each turns it into series in its own way: polars there, SQL here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from catalogue.levels import AREA_LEVELS, Level

NATION = "000000"
"""Area code of a total over everything."""

UNKNOWN_ORIGIN = "ZZ"
"""Origin of what came from abroad, nobody knows from where: user-assigned in ISO 3166."""

SEPARATOR = "/"
"""Stands between a place and what is told apart there: a port and a conveyance, a county and a type."""


@dataclass(frozen=True, slots=True)
class Place:
    """One way to lay records out in series.

    Attributes
    ----------
    space
        Signals of the same space have the same series: ``areas`` (the tree), ``ports``, ``origins``, ``conveyances``
        or ``types``.
    levels
        Levels of its series, narrowest first.
    columns
        For each source that knows the place, the columns that say it.
    """

    space: str
    levels: tuple[Level, ...]
    columns: Mapping[str, tuple[str, ...]]


PLACES: Mapping[str, Place] = MappingProxyType(
    {
        "residence": Place("areas", AREA_LEVELS, {"case-reports": ("residence_area",)}),
        "specimen": Place("areas", AREA_LEVELS, {"lab-results": ("area",)}),
        "observed": Place("areas", AREA_LEVELS, {"observations": ("area",)}),
        "port": Place("ports", ("port", "nation"), {"entry-declarations": ("port",), "observations": ("port",)}),
        "origin": Place(
            "origins",
            ("origin", "nation"),
            {
                "case-reports": ("origin_country",),
                "entry-declarations": ("origin_country",),
                "observations": ("origin_country",),
            },
        ),
        "conveyance": Place("conveyances", ("conveyance",), {"entry-declarations": ("port", "conveyance")}),
        "type": Place("types", ("county", "nation"), {"lab-results": ("area", "cluster_type", "subtype")}),
    }
)
"""Every place by name. A record without a port, conveyance or type counts in no series of that place."""

DAYS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "report": {
            "case-reports": "reported_at", "lab-results": "reported_at", "entry-declarations": "reported_at",
        },
        "arrival": {"entry-declarations": "arrived_at"},
        "period": {"observations": "period_start"},
    }
)  # fmt: skip
"""Every kind of day, and by source the column whose civil day (Asia/Shanghai) it is."""
