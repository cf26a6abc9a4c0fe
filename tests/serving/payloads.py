"""Files that strangers may send."""

import base64
import struct
import zlib

import cv2
import made_bundles


def encoded(data: bytes) -> dict[str, str]:
    return {"image": base64.b64encode(data).decode()}


def file_of(ending: str, shape=(40, 50, 3)) -> bytes:
    return cv2.imencode(ending, made_bundles.images_of(1, seed=1, shape=shape)[0])[1].tobytes()


def png_of(rows: int, columns: int) -> bytes:
    """A small PNG file whose header promises many pixels."""
    header = struct.pack(">IIBBBBB", columns, rows, 8, 0, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(bytes(1000))), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
        for kind, content in chunks
    )
