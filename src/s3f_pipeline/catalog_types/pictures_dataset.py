"""Pictures of which nobody knows beforehand how many there are."""

import json
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

from s3f_pipeline.catalog_types.file_dataset import FileDataset, UnusableFileError
from s3f_pipeline.files import FileContent, atomic_path, content_hash

ENDINGS = (".png", ".svg")


class PicturesDataset(FileDataset[Mapping[str, bytes], dict[str, bytes]]):
    """PNG and SVG files in one folder, and a list of them with their hashes: the file that the catalog names.

    The list is written last, and taken away first: while it is there, the pictures are those that it lists.
    Others of an earlier run are removed.

    Example:
        YAML::

            explanation_pictures:
              type: s3f_pipeline.catalog_types.PicturesDataset
              filepath: data/08_reporting/brisc/explanation/pictures.json

        Python:

        >>> dataset = PicturesDataset(filepath="pictures.json")
        >>> dataset.save({"curves.png": b"..."})
    """

    def paths(self) -> list[Path]:
        """Where the pictures lie."""
        return [self._folder / name for name in self._listed()]

    def save(self, data: Mapping[str, bytes]) -> None:
        """Write each picture atomically, then the list.

        Args:
            data: Bytes by file name, which ends in ``.png`` or ``.svg``.
        """
        self.invalidate()
        for path in [*self._folder.iterdir()] if self._folder.is_dir() else []:
            if path.suffix in ENDINGS:
                path.unlink()
        for name, picture in data.items():
            with atomic_path(self._folder / name) as temporary:
                temporary.write_bytes(picture)
        hashes = {name: sha256(picture).hexdigest() for name, picture in data.items()}
        with atomic_path(self._filepath) as temporary:
            temporary.write_text(json.dumps(hashes, indent=1), encoding="utf-8")

    def difference(self, recorded: FileContent, *, hashed: bool = False) -> str | None:
        """Say what has become of the list, or of a picture that it lists."""
        return super().difference(recorded, hashed=hashed) or self._damage()

    @property
    def _folder(self) -> Path:
        return self._filepath.parent

    def _read(self) -> dict[str, bytes]:
        if damage := self._damage():
            raise UnusableFileError(
                f"{self._filepath} {damage}. Run the whole pipeline, which makes it again."
            )
        return {path.name: path.read_bytes() for path in self.paths()}

    def _listed(self) -> dict[str, str]:
        listed: dict[str, str] = json.loads(self._filepath.read_bytes())
        return listed

    def _damage(self) -> str | None:
        for name, expected in self._listed().items():
            path = self._folder / name
            if not path.is_file():
                return f"lists {name}, which is missing"
            if content_hash(path) != expected:
                return f"lists {name}, which was changed after it was written"
        return None
