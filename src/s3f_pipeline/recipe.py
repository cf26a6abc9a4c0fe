"""How a network is trained: the keys of ``training`` in the configuration, as the training room takes them.

Not part of that room, which imports Keras.
"""

from dataclasses import dataclass
from typing import Annotated, Literal

from s3f_pipeline.bounds import Bounds

LearningRate = Annotated[float, Bounds(gt=0, le=10)]
Epochs = Annotated[int, Bounds(gt=0, le=100_000)]


@dataclass(frozen=True)
class Augmentation:
    """How training images are varied at random; by default not at all.

    Attributes:
        crop: Least share of the area that a random crop keeps, in (0, 1], before it is resized to the
            whole; 1 does not crop. Area and aspect are drawn until the crop fits, as in torchvision's
            ``RandomResizedCrop``, so that large crops are rarer than small ones.
        flip: ``none``; ``horizontal`` mirrors left and right every other time; ``both`` also up and down.
            Classes that tell left from right are swapped by it.
        rotation: Largest angle in degrees.
        shift: Largest shift as a share of the side.
        brightness: Largest relative change of brightness.
        spectral_mixing: Largest share of another image's amplitude spectrum; the phases stay (amplitude
            mixing, Xu et al. 2021, arXiv 2105.11120).
    """

    crop: Annotated[float, Bounds(gt=0, le=1)] = 1.0
    flip: Literal["none", "horizontal", "both"] = "none"
    rotation: Annotated[float, Bounds(ge=0, le=180)] = 0.0
    shift: Annotated[float, Bounds(ge=0, lt=1)] = 0.0
    brightness: Annotated[float, Bounds(ge=0, lt=1)] = 0.0
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
    augmentation: Augmentation = UNCHANGED
    precision: Literal["auto", "float32", "mixed_bfloat16", "mixed_float16"] = "auto"
    distribution: Literal["auto", "none", "data_parallel"] = "auto"
    deterministic: Literal["auto"] | bool = "auto"
