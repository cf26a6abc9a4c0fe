"""How a file was written: traces of the program that wrote it, which are no part of the picture.

Where they differ between classes, classes were collected in different ways, and a network may learn that.
"""

import hashlib

from s3f_pipeline.images.headers import JPEG_SCAN, JPEG_SIZES, jpeg_segments

JPEG_TABLES = 0xDB
JPEG_COMMENT = 0xFE
JPEG_APPLICATION = range(0xE0, 0xF0)
JPEG_PROGRESSIVE = (0xC2, 0xC6, 0xCA, 0xCE)
PNG_START = 8
PNG_CORE = (b"IHDR", b"PLTE", b"IDAT", b"IEND")


def encoder_traces(data: bytes) -> str | None:
    """Name what the program that wrote an image file has left in it.

    Args:
        data: The bytes of the file.

    Returns:
        Of JPEG files sampling of the channels, quantisation tables (as a short hash), kinds of application
        segments; of PNG files level of compression, interlacing, kinds of ancillary chunks. Content of such
        segments is not looked at: it may name people. ``None`` for other formats.
    """
    if data.startswith(b"\xff\xd8"):
        return _jpeg(data)
    if data.startswith(b"\x89PNG"):
        return _png(data)
    return None


def _jpeg(data: bytes) -> str:
    tables, kinds, frame = hashlib.sha256(), [], ""
    for marker, content in jpeg_segments(data):
        if marker == JPEG_TABLES:
            tables.update(content)
        elif marker == JPEG_COMMENT:
            kinds.append("comment")
        elif marker in JPEG_APPLICATION:
            name = content[:6].partition(b"\0")[0]
            kinds.append(name.decode("ascii") if name.isalnum() else f"APP{marker - JPEG_APPLICATION[0]}")
        elif marker in JPEG_SIZES:
            way = "progressive" if marker in JPEG_PROGRESSIVE else "baseline"
            sampling = [f"{factors >> 4}x{factors & 15}" for factors in content[7::3]]
            frame = f"{way} {','.join(sampling)}"
        elif marker == JPEG_SCAN:
            break
    return f"JPEG {frame} tables {tables.hexdigest()[:8]} {' '.join(sorted(set(kinds)))}".rstrip()


def _png(data: bytes) -> str:
    kinds, position, level = set(), PNG_START, "unknown"
    while position + 8 <= len(data):
        length, kind = int.from_bytes(data[position : position + 4], "big"), data[position + 4 : position + 8]
        if kind == b"IDAT" and level == "unknown" and length >= 2:
            level = str(data[position + 9] >> 6)  # RFC 1950, FLEVEL
        if kind not in PNG_CORE and kind.isalpha():
            kinds.add(kind.decode("ascii"))
        position += 12 + length
    interlaced = " interlaced" if len(data) > 28 and data[28] else ""
    return f"PNG level {level}{interlaced} {' '.join(sorted(kinds))}".rstrip()
