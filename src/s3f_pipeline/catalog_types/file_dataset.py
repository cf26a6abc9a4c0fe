"""What our dataset types have in common: one file each."""

import logging
from abc import abstractmethod
from pathlib import Path
from typing import Any, TypeVar

from kedro.io import AbstractDataset
from kedro.io.core import DatasetError

from s3f_pipeline.errors import S3FError
from s3f_pipeline.files import FileContent, content_hash

Saved = TypeVar("Saved")
Loaded = TypeVar("Loaded")
logger = logging.getLogger(__name__)


class UnusableFileError(S3FError, DatasetError):
    """A file of the catalog that is missing or cannot be read."""


class FileDataset(AbstractDataset[Saved, Loaded]):
    """A dataset in one local file.

    Args:
        filepath: Where the file lies.
        metadata: Anything; Kedro-Viz and other plugins read it.
    """

    def __init__(self, *, filepath: str, metadata: dict[str, Any] | None = None) -> None:
        """Remember where the file lies."""
        self._filepath = Path(filepath)
        self.metadata = metadata

    @property
    def filepath(self) -> Path:
        """Where the file lies."""
        return self._filepath

    def load(self) -> Loaded:
        """Read the file.

        Raises:
            UnusableFileError: If it is not there, or cannot be read. What the library that reads it has to
                say goes to the log file.
        """
        if not self._filepath.is_file():
            raise UnusableFileError(
                f"{self._filepath} is not there. Run the whole pipeline, or the stage that writes it."
            )
        try:
            return self._read()
        except S3FError:
            raise
        except Exception as error:
            raise _unusable(self._filepath, error) from error

    @abstractmethod
    def _read(self) -> Loaded:
        """Read the file, which is there; any exception means that it is damaged."""

    def fingerprint(self) -> str:
        """SHA-256 of the file, by which a stage notices that its input has changed."""
        return content_hash(self._filepath)

    def content(self) -> FileContent:
        """What the file holds now."""
        return FileContent.of(self._filepath)

    def difference(self, recorded: FileContent, *, hashed: bool = False) -> str | None:
        """Say what has become of what was recorded, as ``FileContent.difference``."""
        return recorded.difference(self._filepath, hashed=hashed)

    def invalidate(self) -> None:
        """Remove the file, because what it says is about to be no longer true."""
        self._filepath.unlink(missing_ok=True)

    def _exists(self) -> bool:
        return self._filepath.is_file()

    def _describe(self) -> dict[str, Any]:
        return {"filepath": str(self._filepath)}


def _unusable(path: Path, error: BaseException) -> Exception:
    """Say what is wrong with a file, whatever library has stumbled over it."""
    logger.debug("%s cannot be read", path, exc_info=error)
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, MemoryError):
            return cause
        if isinstance(cause, OSError) and cause.errno:
            return UnusableFileError(f"{path} cannot be read: {cause.strerror}.")
        cause = cause.__cause__
    state = "damaged" if path.stat().st_size else "empty"
    return UnusableFileError(
        f"{path} is {state} and cannot be read. Run the whole pipeline, which makes it again; if this "
        f"message comes back, with --params=force=true."
    )
