"""What the fit loop has to be told."""

from typing import Protocol


class TrainingSettings(Protocol):
    """The keys of ``training`` in the configuration that the fit loop reads.

    Any object with these attributes will do; the project's own is ``config.schema.TrainingConfig``.
    """

    @property
    def learning_rate(self) -> float: ...  # noqa: D102
    @property
    def batch_size(self) -> int: ...  # noqa: D102
    @property
    def epochs(self) -> int: ...  # noqa: D102
    @property
    def class_weights(self) -> str: ...  # noqa: D102
    @property
    def selection_metric(self) -> str: ...  # noqa: D102
    @property
    def early_stopping_patience(self) -> int: ...  # noqa: D102
    @property
    def learning_rate_schedule(self) -> str: ...  # noqa: D102
    @property
    def reduce_lr_patience(self) -> int: ...  # noqa: D102
    @property
    def reduce_lr_factor(self) -> float: ...  # noqa: D102
    @property
    def min_learning_rate(self) -> float: ...  # noqa: D102
