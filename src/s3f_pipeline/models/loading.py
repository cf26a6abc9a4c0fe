"""Networks from files."""

import zipfile
from pathlib import Path

import keras

from s3f_pipeline.errors import ModelError
from s3f_pipeline.models import layers  # noqa: F401 - registers them


def load_model(path: Path) -> keras.Model:
    """Load a network for prediction from a ``.keras`` file.

    Safe: the file cannot run code, as only registered layers are made and functions are refused.

    Raises:
        ModelError: If the file is not there, is damaged, or needs a layer that is not registered.
    """
    try:
        return keras.saving.load_model(path, compile=False, safe_mode=True)
    except (ValueError, TypeError, KeyError, OSError, zipfile.BadZipFile) as error:
        innermost = str(error).rpartition("Exception encountered: ")[2].strip()
        reason = innermost.partition("\n")[0].partition(". ")[0].rstrip(".")
        raise ModelError(
            f"{path} cannot be loaded as a network ({reason}). Train it again, or put back a whole copy."
        ) from error
