"""Reading a process's own Prometheus endpoint."""

import urllib.request
from collections.abc import Mapping

from prometheus_client.parser import text_string_to_metric_families

_TIMEOUT = 2.0


class Silent(RuntimeError):
    """The endpoint does not answer."""


def totals(url: str) -> Mapping[str, float]:
    """Read every sample, added up over its labels.

    Parameters
    ----------
    url : str
        Of the endpoint.

    Raises
    ------
    Silent
        No answer within two seconds.
    """
    try:
        with urllib.request.urlopen(url, timeout=_TIMEOUT) as answer:
            text = answer.read().decode()
    except OSError as problem:
        raise Silent(str(problem)) from None
    found: dict[str, float] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            found[sample.name] = found.get(sample.name, 0.0) + sample.value
    return found
