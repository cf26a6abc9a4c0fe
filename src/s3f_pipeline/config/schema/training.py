"""Networks, and how they are trained."""

from typing import Annotated, Any, Literal

from pydantic import Field, create_model

from s3f_pipeline.config.schema.fields import Block, Share

LearningRate = Annotated[float, Field(gt=0, le=10)]
Epochs = Annotated[int, Field(gt=0, le=100_000)]


class AugmentationConfig(Block):
    """How training images are varied at random; see ``s3f_pipeline.training.augmentation.Augmentation``.

    Attributes:
        crop: Least share of the area that a random crop keeps before it is resized; 1 does not crop.
        flip: Mirror left and right, or both ways, every other time.
        rotation: Largest angle, in degrees.
        shift: Largest shift, as a share of the side.
        brightness: Largest relative change.
        spectral_mixing: Largest share of another training image's amplitude spectrum.
    """

    crop: Annotated[float, Field(gt=0, le=1)] = 1.0
    flip: Literal["none", "horizontal", "both"] = "none"
    rotation: Annotated[float, Field(ge=0, le=180)] = 0.0
    shift: Annotated[float, Field(ge=0, lt=1)] = 0.0
    brightness: Annotated[float, Field(ge=0, lt=1)] = 0.0
    spectral_mixing: Annotated[float, Field(ge=0, le=1)] = 0.0


class TrainingConfig(Block):
    """How a network is trained; ``parameters_training.yml`` holds the values of S3F-Net's notebooks.

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

    learning_rate: LearningRate
    batch_size: Annotated[int, Field(gt=0, le=65_536)]
    epochs: Epochs
    class_weights: Literal["balanced", "none"]
    selection_metric: Literal["weighted_f1", "macro_f1", "positive_f1", "accuracy", "auc"]
    early_stopping_patience: Epochs | None
    learning_rate_schedule: Literal["constant", "plateau", "steps"]
    reduce_lr_patience: Epochs
    reduce_lr_factor: Share
    min_learning_rate: LearningRate
    augmentation: AugmentationConfig
    precision: Literal["auto", "float32", "mixed_bfloat16", "mixed_float16"]
    distribution: Literal["auto", "none", "data_parallel"]
    deterministic: Literal["auto"] | bool


_OPTIONAL: dict[str, Any] = {
    name: (field.rebuild_annotation() | None, None) for name, field in TrainingConfig.model_fields.items()
}
TrainingOverrides = create_model(
    "TrainingOverrides",
    __base__=Block,
    __doc__="Training keys that a cohort or a variant sets differently.",
    **_OPTIONAL,
)


class VariantConfig(Block):
    """One network for which pipelines are built.

    Attributes:
        title: What reports call it.
        note: What a reader of its report must know about it.
        network: Name that ``s3f_pipeline.models.build_model`` knows; ``{spectranet}`` in it stands for that
            of the cohort.
        options: Further options of ``build_model``.
        training: Training keys that this network sets differently.
        published: Whether the network was published on the cohorts whose published protocol is not a
            benchmark's.
        published_training: Training keys of its publication, for the published protocol; stronger than a
            benchmark's.
    """

    title: str
    note: str = ""
    network: str
    options: dict[str, Any] = {}
    training: TrainingOverrides = TrainingOverrides()
    published: bool = False
    published_training: TrainingOverrides = TrainingOverrides()
