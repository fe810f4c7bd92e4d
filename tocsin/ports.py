"""Free loopback ports."""

import socket


def free_ports(count: int) -> list[int]:
    """Return `count` different ports that nothing listens on at this moment.

    They are held open together while being chosen, so they differ; between this call and their use another process may
    take one, which then fails to bind and says so.
    """
    held = [socket.socket() for _ in range(count)]
    try:
        for each in held:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in held]
    finally:
        for each in held:
            each.close()


def is_free(port: int) -> bool:
    """Whether a server could listen on 127.0.0.1:`port` now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
