"""Who asks: the writer or the read-only dashboard, by any of the three ways that ClickHouse's clients say it."""

import base64
import hmac
from collections.abc import Mapping
from dataclasses import dataclass

from tocsin.embedded.clickhouse_errors import AUTHENTICATION_FAILED, error


@dataclass(frozen=True)
class Credential:
    """A name and password, and whether it may only read."""

    name: str
    password: str
    read_only: bool


def identified(known: Mapping[str, Credential], headers: Mapping[str, str], address: Mapping[str, str]) -> Credential:
    """Find out who asks.

    Parameters
    ----------
    known : mapping
        By name.
    headers, address : mapping
        ``X-ClickHouse-User`` and ``X-ClickHouse-Key``, ``Authorization: Basic``, or ``user`` and ``password`` in the
        address; in this order.

    Raises
    ------
    ClickHouseError
        AUTHENTICATION_FAILED, the same for a wrong name and a wrong password.
    """
    name, password = _told(headers, address)
    credential = known.get(name)
    # Compared also when there is no such name, so that the time does not tell.
    right = hmac.compare_digest(password.encode(), (credential.password if credential else "").encode())
    if credential is None or not right:
        raise error(
            AUTHENTICATION_FAILED,
            "AUTHENTICATION_FAILED",
            f"{name}: Authentication failed: password is incorrect, or there is no user with such name.",
        )
    return credential


def _told(headers: Mapping[str, str], address: Mapping[str, str]) -> tuple[str, str]:
    if "x-clickhouse-user" in headers:
        return headers["x-clickhouse-user"], headers.get("x-clickhouse-key", "")
    scheme, _, encoded = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "basic":
        try:
            name, _, password = base64.b64decode(encoded, validate=True).decode().partition(":")
        except ValueError:
            raise error(AUTHENTICATION_FAILED, "AUTHENTICATION_FAILED", "The Authorization header is damaged") from None
        return name, password
    return address.get("user", "default"), address.get("password", "")
