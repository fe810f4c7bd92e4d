"""A TCP line that can be cut, frozen and mended: how a test takes a real server away without stopping it."""

import contextlib
import socket
import threading


class CutLine:
    """Forwards a loopback port of its own to another, until cut."""

    def __init__(self, host: str, port: int) -> None:
        self._target = (host, port)
        self._whole = threading.Event()
        self._whole.set()
        self._flowing = threading.Event()
        self._flowing.set()
        self._open: set[socket.socket] = set()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """End every connection and refuse new ones."""
        self._whole.clear()
        for each in list(self._open):
            self._end(each)

    def freeze(self) -> None:
        """Carry nothing any more, over connections that stay open: neither end notices."""
        self._flowing.clear()

    def mend(self) -> None:
        """Let everything through again."""
        self._whole.set()
        self._flowing.set()

    def close(self) -> None:
        """Stop for good."""
        self.cut()
        self._flowing.set()
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            if not self._whole.is_set():
                near.close()
                continue
            far = socket.create_connection(self._target)
            self._open |= {near, far}
            for one, other in ((near, far), (far, near)):
                threading.Thread(target=self._carry, args=(one, other), daemon=True).start()

    def _carry(self, source: socket.socket, sink: socket.socket) -> None:
        try:
            while data := source.recv(65536):
                self._flowing.wait()
                sink.sendall(data)
        except OSError:
            pass
        self._end(source)
        self._end(sink)

    def _end(self, one: socket.socket) -> None:
        self._open.discard(one)
        with contextlib.suppress(OSError):
            one.shutdown(socket.SHUT_RDWR)
        one.close()
