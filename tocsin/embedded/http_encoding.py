"""Content encodings of ClickHouse's HTTP interface: zstd, lz4 (frames), gzip and deflate."""

import gzip
import zlib
from collections.abc import Callable, Mapping
from typing import Protocol

import lz4.frame
from backports import zstd

from tocsin.embedded.clickhouse_errors import NOT_IMPLEMENTED, error


def _lz4_frames(body: bytes) -> bytes:
    """Decode one frame after the other: clients write one a block, and the library's one call stops at the first."""
    out = bytearray()
    while body:
        frame = lz4.frame.LZ4FrameDecompressor()
        out += frame.decompress(body)
        if not frame.eof:
            raise EOFError("the last frame is not complete")
        body = frame.unused_data or b""
    return bytes(out)


_DECODERS: Mapping[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.decompress,
    "deflate": zlib.decompress,
    "zstd": zstd.decompress,
    "lz4": _lz4_frames,
}


class Encoder(Protocol):
    """Compresses a stream piece by piece."""

    def compress(self, piece: bytes) -> bytes:
        """Take a piece in; return what is ready."""
        ...

    def flush(self) -> bytes:
        """Return the rest."""
        ...


class _Lz4:
    def __init__(self) -> None:
        self._frame = lz4.frame.LZ4FrameCompressor()
        self._begun = False

    def compress(self, piece: bytes) -> bytes:
        head = b"" if self._begun else bytes(self._frame.begin())
        self._begun = True
        return head + bytes(self._frame.compress(piece))

    def flush(self) -> bytes:
        return (b"" if self._begun else bytes(self._frame.begin())) + bytes(self._frame.flush())


# In the order of preference among those a client takes: speed first, the reader is on this machine.
_ENCODERS: Mapping[str, Callable[[], Encoder]] = {
    "lz4": _Lz4,
    "zstd": lambda: zstd.ZstdCompressor(level=1),
    "gzip": lambda: zlib.compressobj(1, zlib.DEFLATED, 31),
    "deflate": lambda: zlib.compressobj(1),
}


def decoded(body: bytes, encoding: str) -> bytes:
    """Undo a request's Content-Encoding.

    Raises
    ------
    ClickHouseError
        Unknown encoding, or a body that is not in it.
    """
    if not encoding or encoding == "identity" or not body:
        return body
    if encoding not in _DECODERS:
        raise error(NOT_IMPLEMENTED, "NOT_IMPLEMENTED", f"Content-Encoding {encoding} is not supported")
    try:
        return _DECODERS[encoding](body)
    except (zstd.ZstdError, zlib.error, OSError, EOFError, RuntimeError) as problem:
        raise error(354, "ZLIB_INFLATE_FAILED", f"The body is not {encoding}: {problem}") from None


def encoder(accepted: str) -> tuple[str, Encoder] | None:
    """Choose an encoding for an answer.

    Parameters
    ----------
    accepted : str
        The Accept-Encoding header.

    Returns
    -------
    (str, Encoder) or None
        None to send it as it is.
    """
    names = {part.split(";")[0].strip() for part in accepted.split(",")}
    for name, make in _ENCODERS.items():
        if name in names:
            return name, make()
    return None
