"""What our dataset types have in common: one file each."""

from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

from kedro.io import AbstractDataset
from kedro.io.core import DatasetError

from s3f_pipeline.files import sha256_of

Saved = TypeVar("Saved")
Loaded = TypeVar("Loaded")


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

    def fingerprint(self) -> str:
        """SHA-256 of the file, by which a stage notices that its input has changed."""
        status = self._filepath.stat()
        return _sha256(self._filepath, status.st_mtime_ns, status.st_size)

    def invalidate(self) -> None:
        """Remove the file, because what it says is about to be no longer true."""
        self._filepath.unlink(missing_ok=True)

    def _require(self) -> None:
        if not self._filepath.is_file():
            raise DatasetError(
                f"{self._filepath} is not there. Run the whole pipeline, or the stage that writes it."
            )

    def _exists(self) -> bool:
        return self._filepath.is_file()

    def _describe(self) -> dict[str, Any]:
        return {"filepath": str(self._filepath)}


@lru_cache(maxsize=256)
def _sha256(path: Path, mtime_ns: int, size: int) -> str:
    """Hash a file once, until its time or size changes."""
    return sha256_of(path)
