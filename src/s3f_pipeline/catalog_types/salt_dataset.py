"""A random secret of the project, made when it is first needed."""

import hashlib
import os
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from secrets import token_bytes, token_hex
from typing import Never

from kedro.io.core import DatasetError

from s3f_pipeline.catalog_types.file_dataset import FileDataset, UnusableFileError

BYTES = 32
OWNER_ONLY = 0o600


class SaltDataset(FileDataset[Never, bytes]):
    """Load 32 random bytes under which ids of patients are hashed.

    The file is made when it is first asked for, readable by its owner alone. Processes that ask for it at
    once get the same bytes. It is never written anew: other bytes would be other ids.

    Example:
        YAML::

            patient_salt:
              type: s3f_pipeline.catalog_types.SaltDataset
              filepath: conf/local/patient_salt
    """

    def load(self) -> bytes:
        """Return the bytes, made if there are none yet.

        Raises:
            UnusableFileError: If the file cannot be made or read, or is damaged.
        """
        try:
            if not self._filepath.exists():
                _make(self._filepath)
            return self._read()
        except OSError as error:
            raise UnusableFileError(
                f"The secret under which patient ids are hashed, {self._filepath}, cannot be read or made: "
                f"{error.strerror}. Mend that, or set header_patients: ignore for the cohort."
            ) from error

    def _read(self) -> bytes:
        salt = self._filepath.read_bytes()
        if len(salt) != BYTES:
            raise UnusableFileError(
                f"The secret under which patient ids are hashed, {self._filepath}, is damaged: it has "
                f"{len(salt)} bytes, not {BYTES}. Restore it from a copy, or remove it: then all ids change, "
                f"and images are read again."
            )
        return salt

    def save(self, data: Never) -> None:
        """Refuse: other bytes would be other ids.

        Raises:
            DatasetError: Always.
        """
        raise DatasetError(f"{self._filepath} is made once and never written again.")

    def fingerprint(self) -> str:
        """A hash of the bytes, by which ingestion notices that they are not the same as before."""
        return hashlib.sha256(b"fingerprint of the salt" + self.load()).hexdigest()

    def made(self) -> datetime:
        """When the bytes were written, or put back from a copy."""
        return datetime.fromtimestamp(self._filepath.stat().st_mtime, UTC)

    def _exists(self) -> bool:
        return True


def _make(path: Path) -> None:
    """Write beside the target; linking fails for all but the first of several processes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{token_hex(8)}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(token_bytes(BYTES))
            file.flush()
            os.fsync(descriptor)
        with suppress(FileExistsError):
            path.hardlink_to(temporary)
    finally:
        temporary.unlink()
