"""What is trained and how, as the configuration says it and the training room takes it.

Not part of that room, which imports Keras.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Annotated, Any, Literal

from s3f_pipeline.bounds import Bounds

Protocol = Literal["patient_safe", "published", "leak_free", "leaking"]
LearningRate = Annotated[float, Bounds(gt=0, le=10)]
Flip = Literal["none", "horizontal", "both"]
Epochs = Annotated[int, Bounds(gt=0, le=100_000)]
SomeEpochs = Annotated[int, Bounds(ge=0, le=100_000)]
Momentum = Annotated[float, Bounds(gt=0, lt=1)]


@dataclass(frozen=True)
class Augmentation:
    """How training images are varied at random; by default not at all.

    Attributes:
        crop: Least share of the area that a random crop keeps, in (0, 1], before it is resized to the
            whole; 1 does not crop. Area and aspect are drawn until the crop fits, as in torchvision's
            ``RandomResizedCrop``, so that large crops are rarer than small ones.
        flip: ``none``; ``horizontal`` mirrors left and right every other time; ``both`` also up and down.
            Classes that tell left from right are swapped by it. ``cohort`` in a configuration stands for
            what the cohort allows.
        rotation: Largest angle in degrees.
        shift: Largest shift as a share of the side.
        brightness: Largest relative change of brightness.
        contrast: Largest relative change of the distance to the mean of the image.
        spectral_mixing: Largest share of another image's amplitude spectrum; the phases stay (amplitude
            mixing, Xu et al. 2021, arXiv 2105.11120).
    """

    crop: Annotated[float, Bounds(gt=0, le=1)] = 1.0
    flip: Flip | Literal["cohort"] = "none"
    rotation: Annotated[float, Bounds(ge=0, le=180)] = 0.0
    shift: Annotated[float, Bounds(ge=0, lt=1)] = 0.0
    brightness: Annotated[float, Bounds(ge=0, lt=1)] = 0.0
    contrast: Annotated[float, Bounds(ge=0, lt=1)] = 0.0
    spectral_mixing: Annotated[float, Bounds(ge=0, le=1)] = 0.0


UNCHANGED = Augmentation()


@dataclass(frozen=True)
class TrainingSettings:
    """How a network is trained; by default as S3F-Net was on BRISC2025 (its notebooks).

    Attributes:
        learning_rate: Of Adam, at the start.
        batch_size: Images per step.
        epochs: At most this many passes over the training images.
        class_weights: ``balanced`` weights each class by n / (classes * n_class).
        selection_metric: Decides which epoch is kept; measured on the selection split.
        early_stopping_patience: Epochs without a better selection metric before training stops; ``None``
            never stops early.
        learning_rate_schedule: ``constant``; ``plateau`` reduces the rate when the selection loss stalls,
            ``steps`` after half and after three quarters of ``epochs``.
        reduce_lr_patience: Of ``plateau``: epochs without a lower selection loss.
        reduce_lr_factor: By which the learning rate is multiplied, in (0, 1).
        min_learning_rate: Of ``plateau``: the rate is never reduced below this.
        warmup_epochs: Epochs at the start whose learning rate rises linearly: that of epoch e is
            e / (``warmup_epochs`` + 1) of what it would be (Goyal et al. 2017, arXiv 1706.02677).
        frozen_epochs: Epochs at the start in which nothing but the head is trained. Then all of the network
            is, with a new optimizer.
        weight_decay: Decoupled, as in AdamW (Loshchilov and Hutter 2019, arXiv 1711.05101): before each step
            kernels shrink by the learning rate times this. Biases, the scales of normalisation, and the
            decay and skip of selective scans do not. 0 is Adam.
        label_smoothing: Share of a label that is spread over all classes (Szegedy et al. 2016, arXiv
            1512.00567).
        ema: Momentum of the exponential moving average of the weights over all steps; the averaged network is
            the one that is validated and kept. ``None`` takes the weights as they are.
        batch_norm_statistics: With which batch normalisation predicts: ``running`` averages over steps, or
            statistics ``re-estimated`` at the end of each epoch from training images without augmentation and
            dropout, before validation (PreciseBN, Wu and Johnson 2021, arXiv 2105.07576).
        batch_norm_images: Of ``re-estimated``: at most this many training images, the same ones each time.
        batch_norm_momentum: Of the running averages; ``None`` is each network's own.
        augmentation: How training images are varied.
        precision: Compute precision; ``auto`` takes bfloat16 where the hardware has it.
        distribution: ``auto`` and ``data_parallel`` spread batches over all devices of all processes, with
            JAX; ``data_parallel`` refuses other backends; ``none`` stays on one device.
        deterministic: Ask the backend for deterministic operations; ``auto`` does on the CPU.
    """

    learning_rate: LearningRate = 3e-4
    batch_size: Annotated[int, Bounds(gt=0, le=65_536)] = 16
    epochs: Epochs = 200
    class_weights: Literal["balanced", "none"] = "balanced"
    selection_metric: Literal["weighted_f1", "macro_f1", "positive_f1", "accuracy", "auc"] = "weighted_f1"
    early_stopping_patience: Epochs | None = 40
    learning_rate_schedule: Literal["constant", "plateau", "steps"] = "plateau"
    reduce_lr_patience: Epochs = 20
    reduce_lr_factor: Annotated[float, Bounds(gt=0, lt=1)] = 0.2
    min_learning_rate: LearningRate = 1e-6
    warmup_epochs: SomeEpochs = 0
    frozen_epochs: SomeEpochs = 0
    weight_decay: Annotated[float, Bounds(ge=0, le=10)] = 0.0
    label_smoothing: Annotated[float, Bounds(ge=0, lt=1)] = 0.0
    ema: Momentum | None = None
    batch_norm_statistics: Literal["running", "re-estimated"] = "running"
    batch_norm_images: Annotated[int, Bounds(gt=0, le=10_000_000)] = 1024
    batch_norm_momentum: Momentum | None = None
    augmentation: Augmentation = UNCHANGED
    precision: Literal["auto", "float32", "mixed_bfloat16", "mixed_float16"] = "auto"
    distribution: Literal["auto", "none", "data_parallel"] = "auto"
    deterministic: Literal["auto"] | bool = "auto"


@dataclass(frozen=True)
class ExperimentConfig:
    """Everything that a trained network depends on: cohort x protocol x variant x seed.

    Attributes:
        cohort: Name of the cohort.
        protocol: How data is split and the epoch chosen.
        variant: Name of the variant.
        network: Name for ``build_model``.
        options: Further options of ``build_model``.
        classes: Class names in the order of the outputs.
        positive_class: What a sigmoid output stands for, ``None`` for softmax.
        image_size: (height, width) in pixels.
        channels: 1 for grey, 3 for RGB.
        selection_split: The split on which the epoch is chosen.
        training: How the network is trained.
        seed: Of weights, dropout and batch order.
        fold: Of the cross-validation, ``None`` outside of one.
    """

    cohort: str
    protocol: Protocol
    variant: str
    network: str
    options: Mapping[str, Any]
    classes: tuple[str, ...]
    positive_class: str | None
    image_size: tuple[int, int]
    channels: int
    selection_split: Literal["validation", "test"]
    training: TrainingSettings
    seed: int
    fold: int | None

    @property
    def input_shape(self) -> tuple[int, int, int]:
        """(height, width, channels) of the network's input."""
        return (*self.image_size, self.channels)

    @property
    def outputs(self) -> int:
        """Units of the head: 1 for a sigmoid, else the number of classes."""
        return 1 if self.positive_class else len(self.classes)

    @property
    def leaks_by_design(self) -> bool:
        """Whether groups may stand on two sides, because the protocol is about splits that leak."""
        return self.protocol in ("published", "leaking")

    @property
    def selected_on_test(self) -> bool:
        """Whether the published protocol chose the epoch on the test set."""
        return self.selection_split == "test"

    def as_json(self, *names: str) -> dict[str, Any]:
        """Some attributes, or all of them, as ``json.loads`` returns them."""
        values: dict[str, Any] = json.loads(json.dumps(asdict(self)))
        return {name: value for name, value in values.items() if name in names or not names}
