"""TIFF files made for tests, of any byte order, sample type and photometric interpretation."""

import struct
import zlib

import numpy as np

FORMATS = {"u": 1, "i": 2, "f": 3}
PHOTOMETRIC = {"MinIsWhite": 0, "MinIsBlack": 1, "RGB": 2, "palette": 3, "CMYK": 5, "YCbCr": 6, "CIELab": 8}
CODES = {3: "H", 4: "I"}


def tiff(
    samples: np.ndarray,
    photometric: str = "MinIsBlack",
    *,
    order: str = "<",
    planar: bool = False,
    deflate: bool = False,
    palette: np.ndarray | None = None,
    next_page: int = 0,
    tags: dict[int, tuple[int, ...]] | None = None,
) -> bytes:
    """Write samples, (H, W) or (H, W, C), as they are, in one strip (one per plane).

    ``tags`` replace those of the file, by number; ``palette`` is uint16 (3, 256).
    """
    rows, columns = samples.shape[:2]
    channels = 1 if samples.ndim == 2 else samples.shape[2]
    planes = [samples[..., c] for c in range(channels)] if planar and channels > 1 else [samples]
    strips = [plane.astype(samples.dtype.newbyteorder(order)).tobytes() for plane in planes]
    if deflate:
        strips = [zlib.compress(strip) for strip in strips]
    offsets = [8 + sum(map(len, strips[:n])) for n in range(len(strips))]
    entries: dict[int, tuple[int, ...]] = {
        256: (columns,),
        257: (rows,),
        258: (8 * samples.dtype.itemsize,) * channels,
        259: (8 if deflate else 1,),
        262: (PHOTOMETRIC[photometric],),
        273: tuple(offsets),
        277: (channels,),
        278: (rows,),
        279: tuple(map(len, strips)),
        284: (2 if planar else 1,),
        339: (FORMATS[samples.dtype.kind],) * channels,
    }
    if palette is not None:
        entries[320] = tuple(int(value) for value in palette.ravel())
    entries |= tags or {}
    start = 8 + sum(map(len, strips))
    start += start % 2
    table, far = b"", b""
    far_start = start + 2 + 12 * len(entries) + 4
    for number, values in sorted(entries.items()):
        kind = 4 if number in (256, 257, 273, 278, 279, 322, 323) else 3
        packed = struct.pack(f"{order}{len(values)}{CODES[kind]}", *values)
        if len(packed) <= 4:
            value = packed.ljust(4, b"\0")
        else:
            value = struct.pack(f"{order}I", far_start + len(far))
            far += packed + bytes(len(packed) % 2)
        table += struct.pack(f"{order}HHI", number, kind, len(values)) + value
    head = (b"II" if order == "<" else b"MM") + struct.pack(f"{order}HI", 42, start)
    pixels = b"".join(strips)
    directory = struct.pack(f"{order}H", len(entries)) + table + struct.pack(f"{order}I", next_page)
    return (head + pixels).ljust(start, b"\0") + directory + far
