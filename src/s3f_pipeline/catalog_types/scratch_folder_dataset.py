"""What an unfinished stage must remember."""

import shutil
from pathlib import Path

from s3f_pipeline.catalog_types.folder_dataset import FolderDataset
from s3f_pipeline.files import begin_scratch


class ScratchFolderDataset(FolderDataset):
    """A folder in which a stage keeps what it needs to go on after an interruption.

    It belongs to one fingerprint of the stage; the runner empties it for any other, and takes it away when
    the stage has finished.

    Args:
        filepath: The folder.
        metadata: Anything; Kedro-Viz and other plugins read it.

    Example:
        YAML::

            training_state:
              type: s3f_pipeline.catalog_types.ScratchFolderDataset
              filepath: data/06_models/state
    """

    def begin(self, fingerprint: str) -> None:
        """Keep the content if it belongs to this fingerprint, else start empty."""
        begin_scratch(self._filepath, fingerprint)

    def clear(self) -> None:
        """Take the folder away; what cannot be removed is an error, as it would be taken for current."""
        if self._filepath.exists():
            shutil.rmtree(self._filepath)

    @property
    def filepath(self) -> Path:
        """The folder."""
        return self._filepath
