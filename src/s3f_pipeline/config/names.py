"""Names that hold across the project: of pipelines, namespaces and run folders."""

from collections.abc import Collection
from typing import NamedTuple

from s3f_pipeline.config.schema import PROTOCOLS, Parameters, Protocol, VariantConfig

RUNNER = "s3f_pipeline.pipelines.runner.StageRunner"
"""Of every run; Kedro's own runners do not know of stages."""


PREDICT = "predict"
"""Name of the pipeline that predicts images with a bundle."""
IMPORT = "import_published"
"""Name of the pipeline that evaluates published weights under both protocols."""
EXPORT = "export"
"""Name of the pipeline, and of its stage, that takes a network out of Keras."""


class Experiment(NamedTuple):
    """What one pipeline trains: ``<cohort>_<variant>``, and ``_<protocol>`` unless it is patient_safe."""

    cohort: str
    protocol: Protocol
    variant: str

    @classmethod
    def of_namespace(cls, namespace: str) -> "Experiment":
        """Read ``<cohort>.<protocol>.<variant>``.

        Raises:
            KeyError: If it is none.
        """
        match namespace.split("."):
            case cohort, ("patient_safe" | "published" | "leak_free" | "leaking") as protocol, variant:
                return cls(cohort, protocol, variant)
        raise KeyError(namespace)

    @property
    def pipeline(self) -> str:
        """Name of the registered pipeline."""
        return f"{self.cohort}_{self.variant}{protocol_ending(self.protocol)}"

    @property
    def namespace(self) -> str:
        """Kedro namespace of the nodes from training to report."""
        return f"{self.cohort}.{self.protocol}.{self.variant}"


def experiments(
    parameters: Parameters, protocols: Collection[Protocol] = PROTOCOLS, *, imported: bool = False
) -> list[Experiment]:
    """List every experiment that the cohort and variant blocks allow under protocols.

    Args:
        parameters: With the blocks.
        protocols: To be listed.
        imported: The ones whose weights come from a file, in place of those that are trained.
    """
    return [
        Experiment(cohort, protocol, variant)
        for cohort, block in parameters.cohorts.items()
        for variant, network in parameters.variants.items()
        for protocol in protocols
        if network.imported == imported
        if protocol != "published" or (block.published and (block.published.benchmark or network.published))
    ]


def trained_variants(parameters: Parameters) -> dict[str, VariantConfig]:
    """The variants whose networks are trained here, by name."""
    return {name: variant for name, variant in parameters.variants.items() if not variant.imported}


def protocol_ending(protocol: Protocol) -> str:
    """What the names of pipelines under a protocol end in."""
    return "" if protocol == "patient_safe" else f"_{protocol}"


def compare_pipeline(cohort: str, protocol: str) -> str:
    """Name of the pipeline that compares the networks of a cohort."""
    return f"{cohort}_compare{'_published' if protocol == 'published' else ''}"


def leakage_effect_pipeline(cohort: str) -> str:
    """Name of the pipeline that says what a leak is worth."""
    return f"{cohort}_leakage_effect"


def run_folder(seed: int, fold: int | None = None) -> str:
    """Name of the folder of one run of an experiment."""
    return f"seed-{seed}{fold_ending(fold)}"


def fold_ending(fold: int | None) -> str:
    """What names of files and folders that belong to one fold end in."""
    return "" if fold is None else f"_fold-{fold}"


def size_name(image_size: tuple[int, int]) -> str:
    """What an image size (height, width) is called in names, such as ``64x64``."""
    height, width = image_size
    return f"{height}x{width}"


def store_file(image_size: tuple[int, int]) -> str:
    """Name of the file of an image store."""
    return f"images_{size_name(image_size)}.npy"
