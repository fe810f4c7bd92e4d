"""Which metrics, with which labels, the alert rules and the dashboards ask for."""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

DEPLOY = Path(__file__).parents[2] / "deploy"

_METRIC = re.compile(r"\b(tocsin_[a-z0-9_]+)(\{[^}]*\})?")
_LABEL = re.compile(r'([a-z_]+)\s*(?:=~|!~|!=|=)\s*"')


def rules() -> list[Mapping[str, Any]]:
    """Every alert rule."""
    groups = yaml.safe_load((DEPLOY / "prometheus" / "alerts.yml").read_text("utf-8"))["groups"]
    return [rule for group in groups for rule in group["rules"]]


def dashboards() -> dict[str, Any]:
    """Every dashboard, by file name."""
    folder = DEPLOY / "grafana" / "dashboards"
    return {path.name: json.loads(path.read_text("utf-8")) for path in sorted(folder.glob("*.json"))}


def panels(dashboard: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Every panel, those within a collapsed row too."""
    for panel in dashboard["panels"]:
        yield panel
        yield from panel.get("panels", ())


def expressions() -> Iterator[str]:
    """Every PromQL expression of rules and dashboards."""
    for rule in rules():
        yield rule["expr"]
    for dashboard in dashboards().values():
        for panel in panels(dashboard):
            for target in panel.get("targets", ()):
                if "expr" in target:
                    yield target["expr"]


def metrics_named() -> dict[str, set[str]]:
    """Metric to the labels by which it is chosen."""
    found: dict[str, set[str]] = {}
    for expression in expressions():
        for name, chosen in _METRIC.findall(expression):
            found.setdefault(name, set()).update(_LABEL.findall(chosen))
    return found
