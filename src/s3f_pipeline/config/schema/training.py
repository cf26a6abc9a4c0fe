"""Networks, and how they are trained."""

from typing import Any, get_type_hints

from pydantic import create_model

from s3f_pipeline.config.schema.fields import Block, Name
from s3f_pipeline.recipe import TrainingSettings

_OPTIONAL: dict[str, Any] = {
    name: (hint | None, None) for name, hint in get_type_hints(TrainingSettings, include_extras=True).items()
}
TrainingOverrides = create_model(
    "TrainingOverrides",
    __base__=Block,
    __doc__="Training keys that a cohort or a variant sets differently.",
    **_OPTIONAL,
)


class MergedTraining(Block):
    """All training keys of an experiment, from whichever blocks they come."""

    training: TrainingSettings


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
        imported: Whether it is never trained here: its weights come from a file that somebody published.
    """

    title: str
    note: str = ""
    network: str
    options: dict[str, Any] = {}
    training: TrainingOverrides = TrainingOverrides()
    published: bool = False
    published_training: TrainingOverrides = TrainingOverrides()
    imported: bool = False


class Variants(Block):
    """Variants by name."""

    variants: dict[Name, VariantConfig]
