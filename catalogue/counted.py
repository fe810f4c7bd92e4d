"""What is counted, apart from how it is judged: cases of a signal, or the tests and arrivals among which they fall."""

from dataclasses import dataclass

RECORDS = "records"
"""Amount of what counts each record as one."""


@dataclass(frozen=True, slots=True)
class Counted:
    """Records of one source, counted by place and day.

    Attributes
    ----------
    source
        Name of the inbox, as ``lab-results``.
    condition
        SQL over the record's columns, whole.
    day
        One of `catalogue.places.DAYS`.
    area
        One of `catalogue.places.PLACES`.
    amount
        `RECORDS`, or the column of whole numbers that is added up (``count``, ``denominator``); null adds nothing.
    repeat_days
        One patient's results of the same pathogen and outcome within so many days count once; 0 counts every record.
    """

    source: str
    condition: str
    day: str
    area: str
    amount: str = RECORDS
    repeat_days: int = 0

    @property
    def text(self) -> str:
        """Return all of it as one text, for hashes."""
        plain = "\n".join((self.source, self.condition, self.day, self.area))
        rest = [self.amount] * (self.amount != RECORDS) + [str(self.repeat_days)] * (self.repeat_days > 0)
        return "\n".join((plain, *rest))


@dataclass(frozen=True, slots=True)
class Spread:
    """Stands where a denominator would: in how many places the signal counted something within `window` days."""

    window: int

    @property
    def text(self) -> str:
        """Return it as one text, for hashes."""
        return f"places in {self.window} days"
