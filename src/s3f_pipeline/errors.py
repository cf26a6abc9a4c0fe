"""Errors that a user reads: what is wrong, where, and what to do.

They derive from ``click.ClickException`` so that ``kedro run`` ends in one readable line
instead of a traceback; the full trace goes to the log file of the run.
"""

from click import ClickException

from s3f_pipeline.credentials import hide_secrets
from s3f_pipeline.text import indented


class S3FError(ClickException):
    """Base of every error that this package raises on purpose."""

    def format_message(self) -> str:
        """The message as it is shown: without secrets, and no name in it can forge a line."""
        return indented(hide_secrets(self.message), by="  ")


class ConfigError(S3FError):
    """A key or value in the configuration, or in ``--params``, that is not allowed."""


class AcquisitionError(S3FError):
    """Raw data that is neither on disk, nor in an archive, nor to be had otherwise."""


class CohortError(S3FError):
    """A raw folder that does not have the layout, classes or images of its cohort."""


class ImageError(S3FError):
    """Images that cannot be used, or a store that does not fit its index."""


class SplitError(S3FError):
    """A split that cannot be made, or that has one group on two sides."""


class ModelError(S3FError):
    """A network that cannot be built for an input, or a model file that cannot be used."""


class TrainingError(S3FError):
    """Training that cannot start or go on."""


class EvaluationError(S3FError):
    """Predictions from which the metrics cannot be computed."""


class ResultsError(S3FError):
    """Results that cannot be read, or not be looked at together."""


class BundleError(S3FError):
    """A bundle that cannot be made, or that is not what it was when it was made."""


class WeightsError(S3FError):
    """A file with weights of a published network that is not what it must be."""


class PredictionError(S3FError):
    """Images that cannot be predicted as asked."""


class PayloadError(S3FError):
    """A request to a served network that is not what it must be."""


class ExportError(S3FError):
    """A network that cannot be exported."""


class LockedError(S3FError):
    """Another process works on the same experiment."""


class TrackingError(S3FError):
    """What a run could not log, and cannot be sent now."""


class SweepError(S3FError):
    """A sweep that cannot be started, or that has left runs unfinished."""
