"""``compared_explanations.json``: why networks said so, side by side and seed by seed."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from s3f_pipeline.results.artefacts import Artefact


@dataclass(frozen=True)
class OverSeeds:
    """A figure over the seeds of a network."""

    mean: float
    lowest: float
    highest: float


@dataclass(frozen=True)
class Without:
    """On images without the frequencies above ``low`` up to ``high`` (``None``: all) cycles per image."""

    low: float
    high: float | None
    accuracy: OverSeeds
    macro_f1: OverSeeds


@dataclass(frozen=True)
class Curves:
    """On whole images, and on images without a band of frequencies."""

    accuracy: OverSeeds
    macro_f1: OverSeeds
    low_pass: tuple[Without, ...]
    high_pass: tuple[Without, ...]
    band_stop: tuple[Without, ...]


@dataclass(frozen=True)
class AlikeMaps:
    """How alike maps of two seeds are, as mean rank correlations.

    Attributes:
        pairs: Of maps of one image by two seeds that name the same class; maps that are empty do not count.
        same_image: Of these pairs, ``None`` where there is none.
        other_image: Of maps of two different images by two seeds, ``None`` where there are too few.
    """

    pairs: int
    same_image: float | None
    other_image: float | None


@dataclass(frozen=True)
class BranchRepeats:
    """What seeds say of branches.

    Attributes:
        drops: Drop of accuracy when a branch sees images of other groups, by branch.
        named: In how many runs the influence names each branch.
        runs: Of the network.
    """

    drops: Mapping[str, OverSeeds]
    named: Mapping[str, int]
    runs: int


@dataclass(frozen=True)
class Repeatability:
    """Whether seeds of one network explain themselves alike.

    Attributes:
        curve: Mean absolute difference of the accuracy of two seeds, over bands and pairs of seeds.
        curve_largest: The largest of these differences.
        maps: By method; without any for a network without maps.
        branches: ``None`` for a network without them.
    """

    curve: float
    curve_largest: float
    maps: Mapping[str, AlikeMaps]
    branches: BranchRepeats | None


@dataclass(frozen=True)
class ExplainedNetwork:
    """One network; ``repeatability`` is ``None`` of a single seed."""

    seeds: tuple[int, ...]
    curves: Curves
    repeatability: Repeatability | None


@dataclass(frozen=True)
class LeftOutRun:
    """A compared run that is not on the axes, and why."""

    variant: str
    seed: int
    fold: int | None
    why: str


@dataclass(frozen=True)
class ComparedExplanations(Artefact):
    """Content of ``compared_explanations.json``.

    Attributes:
        images: From which bands are taken out, the same for all networks.
        networks: By variant, in the order of the comparison; without those of which no seed is explained.
        between_networks: Mean absolute difference of the mean accuracy of two networks, over bands and pairs
            of networks; ``None`` with fewer than two.
        left_out: Compared runs that are not on the axes.
    """

    VERSION: ClassVar[int] = 1

    cohort: str
    protocol: str
    images: int
    networks: Mapping[str, ExplainedNetwork]
    between_networks: float | None
    left_out: tuple[LeftOutRun, ...]
