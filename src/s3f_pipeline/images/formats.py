"""Which format a file has, by its first bytes and never by its name."""

START = 352
"""Bytes of a file that tell its format."""
MATLAB = b"MATLAB 7.3"
"""Where a MATLAB file begins that is HDF5 inside."""
READ = ("JPEG", "PNG", "BMP", "TIFF", "WebP", "PNM", "DICOM", "MAT")
"""The formats that are decoded."""
ENDINGS = {
    "JPEG": ("jpg", "jpeg", "jpe", "jfif", "jif"),
    "PNG": ("png",),
    "BMP": ("bmp", "dib"),
    "TIFF": ("tif", "tiff"),
    "WebP": ("webp",),
    "PNM": ("pgm", "ppm", "pnm", "pbm"),
    "DICOM": ("dcm", "dicom", "dic", "ima", ""),
    "MAT": ("mat",),
}
"""File endings of each format that is decoded, in lower case."""
SIGNATURES = (
    (128, b"DICM", "DICOM"),  # the first, because its preamble may be that of a TIFF file
    (0, b"\xff\xd8", "JPEG"),
    (0, b"\x89PNG\r\n\x1a\n", "PNG"),
    (0, b"II*\0", "TIFF"),
    (0, b"MM\0*", "TIFF"),
    (0, b"II+\0", "TIFF"),  # above 4 GB
    (0, b"MM\0+", "TIFF"),
    (8, b"WEBPVP8", "WebP"),
    (0, MATLAB, "MAT"),
    (0, b"MATLAB 5.0", "MATLAB (before 7.3)"),
    (0, b"GIF87a", "GIF"),
    (0, b"GIF89a", "GIF"),
    (0, b"\0\0\0\x0cjP  \r\n\x87\n", "JPEG 2000"),
    (0, b"\xff\x4f\xff\x51", "JPEG 2000"),
    (0, b"\0\0\0\x0cJXL \r\n\x87\n", "JPEG XL"),
    (4, b"ftypavif", "AVIF"),
    (4, b"ftypheic", "HEIC"),
    (4, b"ftypheix", "HEIC"),
    (4, b"ftypmif1", "HEIF"),
    (0, b"8BPS", "Photoshop"),
    (0, b"\x76\x2f\x31\x01", "OpenEXR"),
    (0, b"NRRD000", "NRRD"),
    (0, b"ObjectType = Image", "MetaImage"),
    (344, b"n+1\0", "NIfTI"),
    (344, b"ni1\0", "NIfTI"),
    (0, b"\x93NUMPY", "NumPy"),
    (0, b"\x89HDF\r\n\x1a\n", "HDF5"),
    (0, b"SIMPLE  =", "FITS"),
)
"""Position, bytes and the format that they tell."""
BMP_HEADERS = (12, 40, 52, 56, 64, 108, 124)
"""Lengths that the second header of a BMP file can have."""
FIRST_GROUPS = (2, 8)
"""Groups of the first element of a DICOM data set, of its file header and of the image."""
LONGEST_FIRST = 256
"""Most bytes that the first element of a DICOM data set without a preamble is believed to have."""


def format_of(start: bytes) -> str | None:
    """Name the format of an image file.

    Args:
        start: The first ``START`` bytes of the file, or more.

    Returns:
        One of ``READ``, the name of another format that holds images, or ``None``.
    """
    for position, signature, name in SIGNATURES:
        if start.startswith(signature, position):
            return name
    if start[:1] == b"P" and start[1:2] in b"123456" and start[2:3].isspace():
        return "PNM"
    if start.startswith(b"BM") and int.from_bytes(start[14:18], "little") in BMP_HEADERS:
        return "BMP"
    return "DICOM" if _is_bare_dicom(start) else None


def is_image_name(name: str) -> bool:
    """Whether a file name has the ending of a format that is read, or of one that holds medical images."""
    lower = name.lower()
    return lower.endswith((".nii.gz", *(f".{one}" for endings in ENDINGS.values() for one in endings if one)))


def has_wrong_ending(name: str, file_format: str) -> bool:
    """Whether a file's ending is that of another format than its content."""
    stem, _, ending = name.rpartition("/")[2].rpartition(".")
    known = ENDINGS.get(file_format)
    return known is not None and bool(stem) and _is_ending(ending) and ending.lower() not in known


def _is_ending(text: str) -> bool:
    """Whether it is an ending of some format, rather than a part of a name such as ``1.2.840``."""
    return any(text.lower() in endings for endings in ENDINGS.values())


def _is_bare_dicom(start: bytes) -> bool:
    """Whether a file begins with a DICOM data element: scanners of old wrote no preamble."""
    for order in ("little", "big"):
        group, element = int.from_bytes(start[:2], order), int.from_bytes(start[2:4], order)
        if group not in FIRST_GROUPS or element > 0x18 or len(start) < 12:
            continue
        kind, length = start[4:6], int.from_bytes(start[4:8], "little")
        if kind.isalpha() and kind.isupper():
            return True
        if (order, group) == ("little", 8) and (length == 4 if element == 0 else length <= LONGEST_FIRST):
            return True
    return False
