"""What one data folder is: its ports, its credentials, whether it replays. Written once, read by every command."""

import json
import os
import secrets
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path

from tocsin.ports import free_ports, is_free

FILE = "settings.json"
DEFAULT_FOLDER = Path("var")


class SettingsError(ValueError):
    """The folder holds no settings, or ones that cannot be read."""


@dataclass(frozen=True)
class Ports:
    """Loopback ports of one installation; the defaults are the documented ones.

    The page, ClickHouse's interface and the broker are for people and other programs; the others are for us:
    the broker's controller, and the Prometheus endpoint of each process.
    """

    page: int = 8470
    clickhouse: int = 8123
    broker: int = 9092
    controller: int = 9093
    supervisor_metrics: int = 9470
    intake_metrics: int = 9471
    detect_metrics: int = 9472
    sink_metrics: int = 9473
    console_metrics: int = 9474
    clickhouse_metrics: int = 9475

    def moved_to_free(self) -> "tuple[Ports, dict[str, int]]":
        """Replace every port that something else listens on.

        Returns
        -------
        Ports
            All free at this moment.
        dict of str to int
            The replaced ones by name, with the new port, to be told to the user.
        """
        busy = [each.name for each in fields(self) if not is_free(getattr(self, each.name))]
        moved = dict(zip(busy, free_ports(len(busy)), strict=True))
        return Ports(**{**asdict(self), **moved}), moved


def _password() -> str:
    return secrets.token_urlsafe(18)


@dataclass(frozen=True)
class Settings:
    """One data folder's settings.

    Parameters
    ----------
    folder : Path
        Holds everything durable: the broker's log, ClickHouse's parts, ledgers, logs and the settings file.
    replay : bool
        Whether the replayer's clock in record headers is honoured; fixed when the folder is made, since the journal
        is written under it.
    ports : Ports
        Where the parts listen.
    writer, writer_password : str
        ClickHouse credential of our own sinks.
    reader, reader_password : str
        ClickHouse credential for dashboards: read-only, limited.
    database : str
        ClickHouse database of our tables.
    brokers : str
        Addresses of somebody else's brokers (cluster profile); empty is the embedded one.
    clickhouse_host, page_host : str
        Where ClickHouse is, and the address that the page listens on.
    """

    folder: Path
    replay: bool = False
    ports: Ports = field(default_factory=Ports)
    writer: str = "tocsin"
    writer_password: str = field(default_factory=_password, repr=False)
    reader: str = "dashboard"
    reader_password: str = field(default_factory=_password, repr=False)
    database: str = "tocsin"
    brokers: str = ""
    clickhouse_host: str = "127.0.0.1"
    page_host: str = "127.0.0.1"

    @property
    def bootstrap(self) -> str:
        """Kafka's address."""
        return self.brokers or f"127.0.0.1:{self.ports.broker}"

    @property
    def page(self) -> str:
        """The page's address."""
        return f"http://127.0.0.1:{self.ports.page}"

    @property
    def logs(self) -> Path:
        """Folder of the processes' logs."""
        return self.folder / "log"

    def save(self) -> None:
        """Write the file so that only its owner can read it; whole or not at all, also under kill -9."""
        self.folder.mkdir(parents=True, exist_ok=True)
        content = {**asdict(self)}
        del content["folder"]  # the folder may be moved
        temporary = self.folder / f".{FILE}.{os.getpid()}"
        with open(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
            json.dump(content, file, indent=2)
            file.write("\n")
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(self.folder / FILE)


def load(folder: Path) -> Settings:
    """Read a folder's settings.

    Raises
    ------
    SettingsError
        No folder made by ``tocsin up``, or a damaged file; says which.
    """
    path = folder / FILE
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        ports = Ports(**content.pop("ports"))
        return Settings(folder=folder.resolve(), ports=ports, **content)
    except FileNotFoundError:
        raise SettingsError(f"{folder} holds no Tocsin data; `tocsin up --dir {folder}` makes it") from None
    except (ValueError, TypeError, KeyError) as error:
        raise SettingsError(f"{path} cannot be read: {error}") from error
