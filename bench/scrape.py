"""One number from a process's Prometheus endpoint."""

import time
import urllib.request

from prometheus_client.parser import text_string_to_metric_families

from tocsin.child import Child


def metric(port: int, name: str) -> float | None:
    """Return a metric without labels (or their sum), None where the endpoint is not up or lacks it."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
            text = answer.read().decode()
    except OSError:
        return None
    found = [s.value for family in text_string_to_metric_families(text) for s in family.samples if s.name == name]
    return sum(found) if found else None


def await_metric(child: Child, port: int, name: str, least: float, timeout: float) -> float:
    """Wait until a metric reaches a value; return when, by `time.perf_counter`.

    Raises
    ------
    RuntimeError
        The process ended, or the time is up.
    """
    deadline = time.perf_counter() + timeout
    while time.perf_counter() < deadline:
        if not child.alive:
            raise RuntimeError(f"{child.name} ended with {child.exit_code}: {child.last_words(20)}")
        value = metric(port, name)
        if value is not None and value >= least:
            return time.perf_counter()
        time.sleep(0.05)
    raise RuntimeError(f"{child.name}: {name} did not reach {least} in {timeout:.0f} s: {child.last_words(20)}")
