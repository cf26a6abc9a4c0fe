"""``explanation.json``: why a network said so, as the room ``explanation`` defines it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from s3f_pipeline.results.artefacts import Artefact
from s3f_pipeline.results.intervals import Interval, Intervals


@dataclass(frozen=True)
class Figures:
    """Means of figures of images, by name."""

    values: Mapping[str, float | None]
    intervals: Intervals


@dataclass(frozen=True)
class Means:
    """Over all images, and over those of each class that has any."""

    overall: Figures
    per_class: Mapping[str, Figures]


@dataclass(frozen=True)
class Shares:
    """Published shares of branches in percent, by branch."""

    l2: Means
    balanced: Means


@dataclass(frozen=True)
class Difference:
    """Drop of log-likelihood without the first branch less that without the second."""

    value: float
    interval: Interval


@dataclass(frozen=True)
class Influence:
    """What the decision owes to branches.

    Attributes:
        methods: By method and branch.
        share: Percent of each branch in the drops under permutation; ``None`` where there is no drop.
        difference: Of the drops under permutation; ``None`` where all images are of one group.
    """

    methods: Mapping[str, Mapping[str, Means]]
    share: Mapping[str, float] | None
    difference: Difference | None


@dataclass(frozen=True)
class Agreement:
    """The published score held against the influence, see ``explanation.branches.agreement``."""

    verdict: str
    named_by_score: str | None
    named_by_influence: str | None


@dataclass(frozen=True)
class Branches:
    """The towers of a network; ``features`` is the length of the vector of each."""

    names: tuple[str, ...]
    features: Mapping[str, int]
    shares: Shares
    influence: Influence
    agreement: Agreement


@dataclass(frozen=True)
class Accuracy:
    """On images as they are."""

    accuracy: float
    macro_f1: float
    intervals: Intervals


@dataclass(frozen=True)
class Removed(Accuracy):
    """On images without the frequencies above ``low`` up to ``high`` (``None``: all) cycles per image."""

    low: float
    high: float | None


@dataclass(frozen=True)
class Octave:
    """Frequencies above ``low`` up to ``high`` (``None``: all), and the accuracy without them."""

    low: float
    high: float | None
    accuracy: float


@dataclass(frozen=True)
class Needed:
    """Without what a network does nearly as well, see ``explanation.frequency``."""

    up_to: float | None
    above: float | None
    octave: Octave


@dataclass(frozen=True)
class Removal:
    """On ``n`` images without a band."""

    n: int
    unchanged: Accuracy
    low_pass: tuple[Removed, ...]
    high_pass: tuple[Removed, ...]
    band_stop: tuple[Removed, ...]
    needed: Needed


@dataclass(frozen=True)
class FilterProfile:
    """Mean magnitude of the kernels of a layer at each frequency; ``initial`` may be unknown."""

    frequencies: tuple[int, ...]
    initial: tuple[float, ...] | None
    learned: tuple[float, ...]


@dataclass(frozen=True)
class Saliency:
    """How strongly the logit of the true class moves with each frequency, by class."""

    frequencies: tuple[int, ...]
    per_class: Mapping[str, tuple[float, ...]]


@dataclass(frozen=True)
class Frequency:
    """Which frequencies the decision hangs on."""

    filters: Mapping[str, FilterProfile] | None
    removal: Removal
    saliency: Saliency


@dataclass(frozen=True)
class Depth:
    """Likeness of maps to those of a network whose last ``layers`` layers with weights are random."""

    layers: int
    lowest_layer: str
    ssim: float | None
    spearman: float | None


@dataclass(frozen=True)
class Randomisation:
    """Sanity check; ``passes`` is ``None`` where it has no verdict."""

    depths: tuple[Depth, ...]
    baseline_ssim: float | None
    passes: bool | None


@dataclass(frozen=True)
class ErasingCurves:
    """Mean probability of the explained class at each fraction, and areas under the curves."""

    map: tuple[float, ...]
    random: tuple[float, ...]
    map_area: float
    random_area: float


@dataclass(frozen=True)
class Erasing:
    """Deletion and insertion of what maps mark."""

    images: int
    fractions: tuple[float, ...]
    deletion: ErasingCurves
    insertion: ErasingCurves
    better_than_random: bool


@dataclass(frozen=True)
class MapMethod:
    """What the maps of one method are worth; ``trusted`` is ``None`` where a test has no verdict."""

    randomisation: Randomisation
    erasing: Erasing | None
    empty: int
    trusted: bool | None


@dataclass(frozen=True)
class Place:
    """Maps of the last feature maps, by method."""

    layer: str
    map_shape: tuple[int, ...]
    methods: Mapping[str, MapMethod]


@dataclass(frozen=True)
class Neighbour:
    """A training image; the distance is Euclidean, between features."""

    image_id: str
    label: str
    group: str | None
    distance: float


@dataclass(frozen=True)
class ShownImage:
    """A test image that is shown; ``empty`` says by method whether its map is."""

    image_id: str
    group: str | None
    label: str
    predicted: str
    probability: float
    kind: str
    file: str
    empty: Mapping[str, bool]
    neighbours: tuple[Neighbour, ...]
    neighbours_file: str | None


@dataclass(frozen=True)
class SuspiciousLabel:
    """A label that a held-out prediction contradicts."""

    image_id: str
    group: str | None
    split: str
    label: str
    suggested: str
    p_label: float
    p_suggested: float


@dataclass(frozen=True)
class SuspiciousLabels:
    """Of ``images`` held-out images ``found`` are contradicted, of which some are listed."""

    images: int
    found: int
    thresholds: Mapping[str, float | None]
    listed: tuple[SuspiciousLabel, ...]


@dataclass(frozen=True)
class LookedAt:
    """How many test images there are, and the ids of those, and of the training images, that were drawn."""

    test: int
    sampled: tuple[str, ...]
    training: tuple[str, ...]


@dataclass(frozen=True)
class Explanation(Artefact):
    """Content of ``explanation.json``; ``not_applicable`` says by part why a network does not have it."""

    VERSION: ClassVar[int] = 1

    cohort: str
    protocol: str
    variant: str
    seed: int
    fold: int | None
    images: LookedAt
    branches: Branches | None
    frequency: Frequency
    place: Place | None
    shown: tuple[ShownImage, ...]
    suspicious_labels: SuspiciousLabels
    not_applicable: Mapping[str, str]
