"""``leakage_effect.json``: what a leak into training is worth, in figures of the same test images."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from s3f_pipeline.results.artefacts import Artefact
from s3f_pipeline.results.comparison import ComparedRun, Difference


@dataclass(frozen=True)
class Arm:
    """The runs of one of the two protocols.

    Attributes:
        splits_hash: Of its split.
        runs: That were looked at.
    """

    splits_hash: str
    runs: tuple[ComparedRun, ...]


@dataclass(frozen=True)
class ClassInjection:
    """Images of one class.

    Attributes:
        train: Training images, as many on both sides.
        leaked: Of those of the leaking side, images that leak; they stand in place of as many others.
        test: Test images.
        concerned: Of these, images that share a twin or subject with an image that leaks.
    """

    train: int
    leaked: int
    test: int
    concerned: int


@dataclass(frozen=True)
class Effect:
    """A figure of the test images, mean over the runs of each side.

    Attributes:
        difference: With the leak less without.
    """

    leak_free: float
    leaking: float
    difference: Difference


@dataclass(frozen=True)
class JudgedEffect:
    """What the effect on the deciding figure comes to, on some of the test images.

    Attributes:
        verdict: Of the figure with the leak against that without.
        p: Of no effect.
        p_holm: The same, corrected for all networks and sets of images.
        p_equivalent: Of an effect of the margin or more.
        p_equivalent_holm: The same, corrected likewise.
        why_none: Why nothing can be shown, ``None`` where it can.
    """

    verdict: str
    p: float | None
    p_holm: float | None
    p_equivalent: float | None
    p_equivalent_holm: float | None
    why_none: str | None


@dataclass(frozen=True)
class EffectOnImages:
    """Effects on some of the test images.

    Attributes:
        effects: By figure; those that do not exist on these images are left out.
    """

    images: int
    groups: int
    effects: Mapping[str, Effect]


@dataclass(frozen=True)
class NetworkEffect:
    """Effects on one network.

    Attributes:
        title: What pages call it.
        seeds: Of its runs, the same on both sides.
        images: By set of images: ``overall``, ``concerned`` and ``others``, if there are any.
        verdicts: By set of images.
        classes: By class name.
    """

    title: str
    seeds: tuple[int, ...]
    images: Mapping[str, EffectOnImages]
    verdicts: Mapping[str, JudgedEffect]
    classes: Mapping[str, EffectOnImages]


@dataclass(frozen=True)
class LeakageEffect(Artefact):
    """Content of ``leakage_effect.json``.

    Attributes:
        leak: ``twins`` or ``subject``: what images that leak share with test images.
        official_test: Whether the test set is the official one; else half of each set of twins, or of each
            subject, was held back from it.
        runs_hash: Of all runs; the same for the same set of finished runs.
        figure: That decides.
        margin: Effect that does not matter.
        leak_free: Runs without the leak.
        leaking: Runs with it.
        injected: By class name.
        networks: By variant.
    """

    VERSION: ClassVar[int] = 1

    cohort: str
    synthetic: bool
    leak: str
    official_test: bool
    data_hash: str
    runs_hash: str
    mlflow_run_id: str | None
    figure: str
    margin: float
    confidence: float
    replicates: int
    leak_free: Arm
    leaking: Arm
    injected: Mapping[str, ClassInjection]
    networks: Mapping[str, NetworkEffect]
