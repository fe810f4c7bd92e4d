"""The processes of one installation: broker, ClickHouse front, intake, detect, sink, console, the demo's replayer."""

import sys
import urllib.error
import urllib.request
from collections.abc import Mapping
from functools import partial

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from schemas.topics import Topics
from streams.admin import ensure_topics
from tocsin.child import Child, wait_answering
from tocsin.embedded.kafka import KafkaNode, wait_ready
from tocsin.processes import SPEED, metrics_addresses
from tocsin.scrape import Silent, totals
from tocsin.settings import Settings
from tocsin.stall import WORK, StallWatch
from tocsin.supervisor import Part

# Looks, two seconds apart. What serves requests answers soon or never; what folds may take its time over one batch.
_SERVING = 15
_WORKING = 45
_OPENING = 90
_NEEDS = {
    "intake": ("broker",),
    "detect": ("broker",),
    "sink": ("broker", "clickhouse"),
    "console": ("broker", "clickhouse"),
    "demo": ("broker", "intake"),
}


def parts(settings: Settings, *, demo: bool, speed: float | None = None) -> list[Part]:
    """Put an installation together.

    Parameters
    ----------
    settings : Settings
        Saved already: the children read them from the folder.
    demo : bool
        Also the replayer of the demo.
    speed : float, optional
        Its replayed seconds a second; its own default otherwise.

    Raises
    ------
    JarError, BrokerNotReady
        The broker cannot be prepared.
    """
    node = KafkaNode(settings.folder / "kafka", settings.ports.broker, settings.ports.controller)
    broker = node.child(settings.logs / "broker.log")

    def broker_ready() -> None:
        wait_ready(node, broker, timeout=120)
        ensure_topics(node.bootstrap, Topics())

    found = [Part(broker, broker_ready, watch=StallWatch(_Broker(node.bootstrap), None, _SERVING), grace=30)]
    addresses = metrics_addresses(settings)
    for name in ("clickhouse", "intake", "detect", "sink", "console"):
        child = _child(settings, name)
        pages = {
            "clickhouse": f"http://127.0.0.1:{settings.ports.clickhouse}/ping",
            "console": f"{settings.page}/",
        }
        found.append(
            Part(
                child,
                partial(wait_answering, pages.get(name, addresses[name]), child, 120),
                needs=_NEEDS.get(name, ()),
                watch=StallWatch(
                    partial(_page, pages[name]) if name in pages else partial(totals, addresses[name]),
                    WORK.get(name),
                    _WORKING if name in WORK else _SERVING,
                    None if name in WORK else _OPENING,
                ),
            )
        )
    if demo:
        environment = {SPEED: f"{speed:g}"} if speed else {}
        found.append(Part(_child(settings, "demo", environment), needs=_NEEDS["demo"]))
    return found


def _child(settings: Settings, name: str, environment: Mapping[str, str] | None = None) -> Child:
    command = [sys.executable, "-m", "tocsin", "serve", name, "--dir", str(settings.folder)]
    return Child(name, command, settings.logs / f"{name}.log", environment=environment)


def _page(url: str) -> Mapping[str, float]:
    """For a server without work of its own: only whether it answers."""
    try:
        with urllib.request.urlopen(url, timeout=5):
            return {}
    except urllib.error.HTTPError:
        return {}
    except OSError as problem:
        raise Silent(str(problem)) from None


class _Broker:
    """Whether the broker answers, asked over one connection."""

    def __init__(self, bootstrap: str) -> None:
        self._bootstrap = bootstrap
        self._admin: AdminClient | None = None

    def __call__(self) -> Mapping[str, float]:
        if self._admin is None:
            self._admin = AdminClient({"bootstrap.servers": self._bootstrap, "log_level": 0})
        try:
            self._admin.list_topics(timeout=2)
        except KafkaException as problem:
            raise Silent(str(problem)) from None
        return {}
