"""Networks in Keras' own format."""

from typing import TYPE_CHECKING

from s3f_pipeline.catalog_types.file_dataset import FileDataset
from s3f_pipeline.files import atomic_path

if TYPE_CHECKING:
    import keras


class KerasModelDataset(FileDataset["keras.Model", "keras.Model"]):
    """A ``.keras`` file, loaded in safe mode with the layers of this package registered.

    Keras is imported when a network is loaded or saved, not when the catalog is made.

    Example:
        YAML::

            model:
              type: s3f_pipeline.catalog_types.KerasModelDataset
              filepath: data/06_models/brisc/patient_safe/bilinear/seed-0/model.keras
    """

    def _read(self) -> "keras.Model":
        """Load the network.

        Raises:
            ModelError: If the file is not a network of ours, or is damaged.
        """
        from s3f_pipeline.models import load_model

        return load_model(self._filepath)

    def save(self, data: "keras.Model") -> None:
        """Save the network atomically."""
        with atomic_path(self._filepath) as temporary:
            data.save(temporary)
