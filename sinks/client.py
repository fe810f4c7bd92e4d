"""Connections to ClickHouse, a server or the embedded front alike."""

from dataclasses import dataclass, field

import clickhouse_connect
from clickhouse_connect.driver.client import Client

DATABASE = "tocsin"


@dataclass(frozen=True, slots=True)
class Address:
    """Where ClickHouse's HTTP interface is, and who we are there.

    Attributes
    ----------
    host, port
        Of the HTTP interface.
    user, password
        The writer for sinks, the read-only credential for everything that only asks.
    database
        Holds all tables and views of one installation.
    secure
        TLS.
    """

    host: str = "127.0.0.1"
    port: int = 8123
    user: str = "default"
    password: str = field(default="", repr=False)
    database: str = DATABASE
    secure: bool = False


def connect(address: Address, *, timeout: float = 60.0) -> Client:
    """Return a client that several threads may use; its default database need not exist yet.

    Parameters
    ----------
    address
        Whom to ask.
    timeout
        Seconds to wait for an answer.

    Raises
    ------
    clickhouse_connect.driver.exceptions.OperationalError
        Nobody answers there.
    clickhouse_connect.driver.exceptions.DatabaseError
        The credential is refused.
    """
    return clickhouse_connect.get_client(
        host=address.host,
        port=address.port,
        username=address.user,
        password=address.password,
        interface="https" if address.secure else "http",
        compress=False,
        connect_timeout=5,
        send_receive_timeout=int(timeout),
        query_retries=0,
        # A session would make the threads of one process wait for each other.
        autogenerate_session_id=False,
        client_name="tocsin",
    )
