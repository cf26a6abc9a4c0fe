"""What the fit loop has to be told."""

from dataclasses import dataclass

from s3f_pipeline.training.augmentation import UNCHANGED, Augmentation


@dataclass(frozen=True)
class TrainingSettings:
    """How a network is trained; by default as S3F-Net was on BRISC2025 (its notebooks).

    Attributes are the keys of ``training`` in the configuration that the fit loop reads, and are described in
    ``config.schema.TrainingConfig``.
    """

    learning_rate: float = 3e-4
    batch_size: int = 16
    epochs: int = 200
    class_weights: str = "balanced"
    selection_metric: str = "weighted_f1"
    early_stopping_patience: int | None = 40
    learning_rate_schedule: str = "plateau"
    reduce_lr_patience: int = 20
    reduce_lr_factor: float = 0.2
    min_learning_rate: float = 1e-6
    augmentation: Augmentation = UNCHANGED
