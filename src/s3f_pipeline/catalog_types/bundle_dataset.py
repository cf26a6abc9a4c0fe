"""Bundles: one folder that is one output."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from s3f_pipeline.bundle.contents import CHECKSUMS, MODEL, check_files, read_checksums, write_bundle
from s3f_pipeline.catalog_types.file_dataset import FileDataset
from s3f_pipeline.errors import BundleError
from s3f_pipeline.files import FileContent

if TYPE_CHECKING:
    from s3f_pipeline.bundle.opening import Bundle


class BundleDataset(FileDataset[Mapping[str, bytes], "Bundle"]):
    """A bundle, known by its file of checksums; it is damaged where any of its files is.

    The network that becomes part of it is the file ``model.keras`` beside the folder.

    Args:
        filepath: The folder.
        metadata: Anything; Kedro-Viz and other plugins read it.

    Example:
        YAML::

            bundle:
              type: s3f_pipeline.catalog_types.BundleDataset
              filepath: data/06_models/brisc/patient_safe/bilinear/seed-0/bundle
    """

    def __init__(self, *, filepath: str, metadata: dict[str, Any] | None = None) -> None:
        """Remember the folder."""
        super().__init__(filepath=str(Path(filepath, CHECKSUMS)), metadata=metadata)

    @property
    def folder(self) -> Path:
        """Of the bundle."""
        return self._filepath.parent

    def _read(self) -> "Bundle":
        """Open the bundle.

        Raises:
            BundleError: As ``open_bundle``.
        """
        from s3f_pipeline.bundle.opening import open_bundle

        return open_bundle(self.folder)

    def save(self, data: Mapping[str, bytes]) -> None:
        """Write a bundle of these files and the network."""
        write_bundle(self.folder, self.folder.with_name(MODEL), data)

    def difference(self, recorded: FileContent, *, hashed: bool = False) -> str | None:
        """Look at all files of the bundle, not at that of the checksums alone."""
        if difference := super().difference(recorded, hashed=hashed):
            return difference
        try:
            check_files(self.folder, read_checksums(self.folder))
        except BundleError as error:
            return f"does not fit its folder ({error.message})"
        return None
