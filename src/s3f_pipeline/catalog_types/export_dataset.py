"""Exported networks: one folder that is one output."""

import json
from collections.abc import Mapping
from typing import Any

from s3f_pipeline.bundle.contents import write_checked_folder
from s3f_pipeline.catalog_types.bundle_dataset import BundleDataset

RECORD = "export.json"


class ExportDataset(BundleDataset):
    """An exported network, known by its file of checksums; it is damaged where any of its files is.

    Loading reads what ``export.json`` says.

    Args:
        filepath: The folder.
        metadata: Anything; Kedro-Viz and other plugins read it.

    Example:
        YAML::

            network:
              type: s3f_pipeline.catalog_types.ExportDataset
              filepath: data/09_exports/brisc_bilinear
    """

    def _read(self) -> Any:
        return json.loads((self.folder / RECORD).read_bytes())

    def save(self, data: Mapping[str, bytes]) -> None:
        """Write a folder of these files."""
        write_checked_folder(self.folder, data)
