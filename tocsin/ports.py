"""Free loopback ports."""

import random
import socket
from pathlib import Path

_LOWEST = 10_000
_HANDED_OUT = Path("/proc/sys/net/ipv4/ip_local_port_range")


def free_ports(count: int) -> list[int]:
    """Return `count` different ports that nothing listens on at this moment.

    They lie below those that the system hands to outgoing connections: a process that is started again needs its port
    again, and until then those who try to reach it open one connection after another.

    They are held open together while being chosen, so they differ; between this call and their use another process may
    take one, which then fails to bind and says so.
    """
    chance, last = random.SystemRandom(), _last_below_handed_out()
    held: list[socket.socket] = []
    try:
        while len(held) < count:
            each = socket.socket()
            held.append(each)
            try:
                each.bind(("127.0.0.1", chance.randint(_LOWEST, last)))
            except OSError:
                held.pop().close()
        return [each.getsockname()[1] for each in held]
    finally:
        for each in held:
            each.close()


def _last_below_handed_out() -> int:
    try:
        first = int(_HANDED_OUT.read_text().split()[0])
    except (OSError, ValueError, IndexError):
        first = 32_768
    # A system that hands out nearly all leaves no room below.
    return first - 1 if first > 2 * _LOWEST else 65_535


def is_free(port: int) -> bool:
    """Whether a server could listen on 127.0.0.1:`port` now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
