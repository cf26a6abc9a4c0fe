"""Files that experiments leave: each a typed artefact with a version."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Self

from s3f_pipeline.errors import ResultsError
from s3f_pipeline.results.decoding import DecodingError, decode

VERSION_KEY = "schema_version"
MAKE_AGAIN = "Run the pipeline again that writes it, if need be with --params=force=true."


@dataclass(frozen=True)
class Artefact:
    """The content of a file; subclasses say what it is.

    Attributes:
        VERSION: Of the fields, as the file has it; ``None`` where none was written.
        OLDER: Earlier versions that can be read as they are.
    """

    VERSION: ClassVar[int]
    OLDER: ClassVar[tuple[int | None, ...]] = ()

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read a file.

        Raises:
            ResultsError: If it is missing, damaged, or of a version that cannot be read.
        """
        return cls.of(read_json(path), path)

    @classmethod
    def of(cls, content: Any, source: Path | str) -> Self:
        """Read what a file holds.

        Args:
            content: As ``json.loads`` returns it.
            source: What errors name, usually the file.

        Raises:
            ResultsError: If it is not what it must be, or of a version that cannot be read.
        """
        version = content.get(VERSION_KEY) if isinstance(content, Mapping) else None
        if isinstance(version, int) and version > cls.VERSION:
            raise ResultsError(
                f"{source} has schema version {version}, and this release reads up to {cls.VERSION}. A newer "
                f"release wrote it: install that one."
            )
        if version not in (cls.VERSION, *cls.OLDER):
            raise ResultsError(
                f"{source} has schema version {version}, and this release reads {cls.VERSION}. {MAKE_AGAIN}"
            )
        try:
            found: Self = decode(cls, content)
        except DecodingError as error:
            raise ResultsError(
                f"{source} is damaged, or was written by another release: {error}. {MAKE_AGAIN}"
            ) from error
        return found


def read_json(path: Path) -> Any:
    """Read a JSON file.

    Raises:
        ResultsError: If it is missing, or no JSON.
    """
    try:
        return json.loads(path.read_bytes())
    except OSError as error:
        raise ResultsError(f"{path} cannot be read: {error.strerror}. {MAKE_AGAIN}") from error
    except ValueError as error:
        raise ResultsError(f"{path} is damaged and cannot be read. {MAKE_AGAIN}") from error
