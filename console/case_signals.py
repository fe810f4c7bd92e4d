"""Which signals are the ordinary count of a disease's case reports: what maps, curves and totals of a disease show."""

from catalogue.model import Catalogue, Signal


def case_signals(catalogue: Catalogue) -> list[Signal]:
    """Return the signals that count the case reports of a disease, one a disease, subtypes with one of their own too.

    Others count some of the same cases again (the imported ones), or other sources.
    """
    return [s for s in catalogue.signals.values() if s.source == "case-reports" and s.id == f"{s.disease}.cases"]
