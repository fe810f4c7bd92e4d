"""The sources: each type of record that senders publish, with its inbox, its schema, its key and its rules."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from schemas import case_checks, entry_checks, lab_checks, observation_checks, registry
from schemas.checks import Checks


@dataclass(frozen=True, slots=True)
class Source:
    """One type of record.

    Attributes
    ----------
    name
        Of its inbox, without prefix; its journal is ``journal.<name>``.
    record
        Name of the record on command lines: ``case-report``.
    schema_id
        Newest version of its schema.
    checks
        What a record must keep to.
    """

    name: str
    record: str
    schema_id: int
    checks: Checks

    @property
    def key(self) -> str:
        """Field that holds the record's id, which is also the message's key."""
        return self.checks.rules.key

    @property
    def subject(self) -> str:
        """Subject of its schema's versions in the registry."""
        return f"{self.name}-value"


CASE_REPORTS = Source("case-reports", "case-report", registry.CASE_REPORT, case_checks.CHECKS)
LAB_RESULTS = Source("lab-results", "lab-result", registry.LAB_RESULT, lab_checks.CHECKS)
ENTRY_DECLARATIONS = Source("entry-declarations", "entry-declaration", registry.ENTRY_DECLARATION, entry_checks.CHECKS)
OBSERVATIONS = Source("observations", "observation", registry.OBSERVATION, observation_checks.CHECKS)


@cache
def sources() -> Mapping[str, Source]:
    """Return every source by name."""
    return MappingProxyType(
        {source.name: source for source in (CASE_REPORTS, LAB_RESULTS, ENTRY_DECLARATIONS, OBSERVATIONS)}
    )


@cache
def source_of(schema_id: int) -> Source:
    """Return the source that a schema, in any version, belongs to.

    Raises
    ------
    KeyError
        The schema is of no source.
    """
    subject = registry.registrations()[schema_id].subject
    return sources()[subject.removesuffix("-value")]
