"""What blocks of the configuration are made of."""

import re
from pathlib import PurePosixPath
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, PositiveInt

Protocol = Literal["patient_safe", "published"]
PROTOCOLS: tuple[Protocol, ...] = ("patient_safe", "published")
RESERVED_ENDINGS = ("_published", "_acquire", "_audit", "_compare", "_link_patients")


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


ImageSize = Annotated[tuple[PositiveInt, PositiveInt], BeforeValidator(parse_image_size)]


def _stays_inside(path: str) -> str:
    if not path or PurePosixPath(path).is_absolute() or ".." in PurePosixPath(path).parts or "\\" in path:
        raise ValueError("give a relative path with forward slashes and without '..'")
    return path


PathInside = Annotated[str, AfterValidator(_stays_inside)]


def _is_name(name: str) -> str:
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_-]*", name):
        raise ValueError("a name has letters, digits, '_' and '-', and begins with a letter")
    if ending := next((ending for ending in RESERVED_ENDINGS if name.endswith(ending)), None):
        raise ValueError(f"names ending in {ending} are taken by pipelines")
    return name


Name = Annotated[str, AfterValidator(_is_name)]
Share = Annotated[float, Field(gt=0, lt=1)]


class Block(BaseModel):
    """A block of the configuration: frozen, and no key that it does not name."""

    model_config = ConfigDict(frozen=True, extra="forbid", protected_namespaces=())
