"""What blocks of the configuration are made of."""

import re
import unicodedata
from pathlib import PurePosixPath
from types import UnionType
from typing import Annotated, Any, Self, get_args

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationInfo,
    field_validator,
)

from s3f_pipeline.files import stays_inside
from s3f_pipeline.recipe import Protocol
from s3f_pipeline.spelling import compose

PROTOCOLS: tuple[Protocol, ...] = ("patient_safe", "published")
ARMS: tuple[Protocol, ...] = ("leak_free", "leaking")
"""Protocols of the measurement of a leak: they differ in it alone, and are of no other use."""
RESERVED_NAMES = ("export", "leaderboard", "predict", "prediction")
RESERVED_ENDINGS = (
    "_published",
    "_acquire",
    "_audit",
    "_compare",
    "_link_patients",
    "_leak_free",
    "_leaking",
    "_leakage_effect",
)


def parse_image_size(value: Any) -> Any:
    """Read ``64``, ``"384x512"`` (height x width) or ``[384, 512]`` as ``(height, width)``.

    Raises:
        ValueError: If the text is none of these.
    """
    if isinstance(value, int) and not isinstance(value, bool):
        return (value, value)
    if isinstance(value, str):
        match = re.fullmatch(r"(\d+)(?:x(\d+))?", value.strip())
        if match is None:
            raise ValueError("give one number for a square, or height x width such as 384x512")
        height, width = match.groups()
        return (int(height), int(width or height))
    return value


LARGEST_SIDE = 4096
Side = Annotated[int, Field(gt=0, le=LARGEST_SIDE)]
ImageSize = Annotated[tuple[Side, Side], BeforeValidator(parse_image_size)]
Seed = Annotated[int, Field(ge=0, lt=2**32)]
"""As NumPy and Keras take it."""
LONGEST_NAME = 200
"""Bytes; file systems allow 255, and our own files beside it have longer names."""


def _is_path_inside(text: str) -> str:
    path = PurePosixPath(text)
    if not path.parts or not stays_inside(text) or "\\" in text or any(not p.strip(". ") for p in path.parts):
        raise ValueError("give a relative path with forward slashes and without '..'")
    if any(len(part.encode("utf-8", "replace")) > LONGEST_NAME for part in path.parts):
        raise ValueError(f"a file or folder has a name of at most {LONGEST_NAME} bytes")
    return _is_printable(path.as_posix())


def _is_printable(text: str) -> str:
    if bad := next((character for character in text if unicodedata.category(character) in UNPRINTABLE), None):
        raise ValueError(f"the character {bad!a} cannot be part of a name")
    return compose(text)


UNPRINTABLE = ("Cc", "Cs", "Zl", "Zp")
"""Categories of characters: control characters, halves of characters, ends of lines."""
PathInside = Annotated[str, AfterValidator(_is_path_inside)]
"""Of a file or folder inside another one, composed (NFC)."""


def _is_class_name(name: str) -> str:
    if not name.strip():
        raise ValueError("a class needs a name")
    return _is_printable(name)


ClassName = Annotated[str, AfterValidator(_is_class_name)]


def _is_name(name: str) -> str:
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_-]*", name):
        raise ValueError("a name has letters, digits, '_' and '-', and begins with a letter")
    if ending := next((ending for ending in RESERVED_ENDINGS if name.endswith(ending)), None):
        raise ValueError(f"names ending in {ending} are taken by pipelines")
    if name in RESERVED_NAMES:
        raise ValueError(f"the name {name} is taken by a pipeline")
    return name


Name = Annotated[str, AfterValidator(_is_name)]
Share = Annotated[float, Field(gt=0, lt=1)]


class Block(BaseModel):
    """A block of the configuration: frozen, no key that it does not name, and finite numbers."""

    model_config = ConfigDict(frozen=True, extra="forbid", protected_namespaces=(), allow_inf_nan=False)

    @field_validator("*", mode="before")
    @classmethod
    def _true_is_no_number(cls, value: Any, info: ValidationInfo) -> Any:
        annotation = cls.model_fields[str(info.field_name)].annotation
        if isinstance(value, bool) and _holds(annotation, int | float) and not _holds(annotation, bool):
            raise ValueError("give a number, not true or false")
        return value

    @classmethod
    def part_of(cls, block: "Block") -> Self:
        """Take over from a larger block what this one has too."""
        return cls.model_validate({name: getattr(block, name) for name in cls.model_fields})


def _holds(annotation: Any, kind: type | UnionType) -> bool:
    """Whether a value of a kind is what an annotation, or a part of a union, asks for."""
    if isinstance(annotation, type):
        return issubclass(annotation, kind)
    return any(_holds(part, kind) for part in get_args(annotation))
