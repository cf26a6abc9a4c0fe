"""One bundle, or several that predict the same images together."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from s3f_pipeline.bundle.likeness import grey_shares, hash_distances, thumbnail_hashes
from s3f_pipeline.bundle.opening import Bundle, open_bundle
from s3f_pipeline.bundle.preprocessing import Preprocessing
from s3f_pipeline.errors import PredictionError
from s3f_pipeline.images.ingest import Row

Arrays = dict[str, NDArray]
FACTS = ("sha256", "mode", "height", "width")


@dataclass(frozen=True)
class Ensemble:
    """Bundles whose probabilities are averaged.

    Attributes:
        members: At least one, all for the same classes and inputs.
    """

    members: tuple[Bundle, ...]

    @classmethod
    def open(cls, folders: Sequence[Path]) -> "Ensemble":
        """Open bundles, and check that they belong together.

        Raises:
            BundleError: As ``open_bundle``.
            PredictionError: If they take other inputs, or have other classes.
        """
        members = tuple(open_bundle(folder) for folder in folders)
        first = members[0]
        for other in members[1:]:
            ours, theirs = (_alike(each.preprocessing) for each in (first, other))
            for name, value in ours.items():
                if value != theirs[name]:
                    raise PredictionError(
                        f"{first.folder} and {other.folder} cannot predict together: they differ in {name} "
                        f"({value}; {theirs[name]})."
                    )
        return cls(members)

    @property
    def first(self) -> Preprocessing:
        """What all members have in common is said by the first."""
        return self.members[0].preprocessing

    @property
    def key(self) -> str:
        """Hash of the members, by which earlier predictions are known to be of the same ones."""
        return hashlib.sha256("\n".join(member.checksum for member in self.members).encode()).hexdigest()

    def load(self) -> None:
        """Load all networks, so that one that cannot be used is refused before an image is read.

        Raises:
            ModelError: If a file is no network of ours.
            BundleError: If a network is not what its bundle says.
        """
        for member in self.members:
            assert member.network.features == member.preprocessing.references.features

    def predict(self, rows: Sequence[Row]) -> Arrays:
        """Predict images that ingestion has read.

        Returns:
            By name, with an axis of images and one of members: ``probabilities`` (n, members, classes),
            ``nearest``, ``score`` and ``twin_bits`` (n, members), as ``bundle.likeness`` has them; ``grey``
            (n, bands); ``sha256``, ``mode``, ``height`` and ``width`` (n,).
        """
        images = np.stack([row.image for row in rows])
        hashes = np.stack([thumbnail_hashes(row.thumbnail) for row in rows])
        by_member = [self._of_member(member, images, hashes) for member in self.members]
        facts = {name: np.array([row.facts[name] for row in rows]) for name in FACTS}
        return {
            **{name: np.stack([of_one[name] for of_one in by_member], axis=1) for name in by_member[0]},
            "grey": np.stack([grey_shares(image) for image in images]).astype(np.float32),
            **facts,
        }

    def _of_member(self, member: Bundle, images: NDArray[np.uint8], hashes: NDArray[np.uint64]) -> Arrays:
        outputs = member.network(images)
        distances = member.neighbours.distances(outputs.features)
        bits = hash_distances(hashes, member.references.hashes)
        return {"probabilities": outputs.probabilities, **distances._asdict(), "twin_bits": bits}


def _alike(says: Preprocessing) -> dict[str, object]:
    """What members must have in common."""
    return {**vars(says.input), "classes": says.classes, "positive_class": says.positive_class}
