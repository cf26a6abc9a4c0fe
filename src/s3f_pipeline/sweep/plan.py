"""Which runs of which experiments a sweep is about."""

from collections.abc import Collection
from typing import NamedTuple, TypeVar

from s3f_pipeline.config.layers import Refused
from s3f_pipeline.config.names import Experiment, experiments, run_folder, trained_variants
from s3f_pipeline.config.schema import ARMS, PROTOCOLS, Parameters
from s3f_pipeline.errors import SweepError
from s3f_pipeline.results import RunId

ALL = "all"
T = TypeVar("T", bound=str)
MOST_SEEDS = 2**32
NOTHING_REFUSED = Refused({}, {})


class Run(NamedTuple):
    """One run of an experiment: what one process trains."""

    experiment: Experiment
    seed: int
    fold: int | None = None

    @property
    def id(self) -> RunId:
        """By which its results are known."""
        return RunId(*self.experiment, self.seed, self.fold)

    @property
    def folder(self) -> str:
        """Name of the run's folder, such as ``seed-0_fold-3``."""
        return run_folder(self.seed, self.fold)

    @property
    def title(self) -> str:
        """What a line of the log calls the run."""
        return f"{self.experiment.pipeline}, {self.folder}"


def plan(
    parameters: Parameters,
    *,
    cohorts: str,
    variants: str,
    seeds: str,
    folds: int | None = None,
    protocols: str = "patient_safe",
    refused: Refused = NOTHING_REFUSED,
) -> list[Run]:
    """List the runs of a sweep, cohort by cohort, in the order of the configuration.

    Args:
        parameters: The merged and checked configuration.
        cohorts: Names separated by commas, or ``all``.
        variants: Names separated by commas, or ``all``.
        seeds: See ``parse_seeds``.
        folds: Every run is made for folds 0 to ``folds`` - 1; ``None`` for no cross-validation.
        protocols: Names separated by commas, or ``all``.
        refused: What is wrong with cohorts and variants that the parameters lack; they are named, or left out
            of ``all``.

    Raises:
        SweepError: For a name that the configuration does not have or refuses, or if nothing is left to run.
    """
    chosen_protocols = _choose(protocols, (*PROTOCOLS, *ARMS), "protocol")
    if folds is not None and chosen_protocols != ["patient_safe"]:
        raise SweepError("Only patient_safe has folds: give --folds or other --protocols, not both.")
    for names, of_kind in ((cohorts, refused.cohorts), (variants, refused.variants)):
        for name in map(str.strip, names.split(",")):
            if name in of_kind:
                raise SweepError(of_kind[name])
    chosen_cohorts = _choose(cohorts, parameters.cohorts, "cohort")
    chosen_variants = _choose(variants, trained_variants(parameters), "variant")
    chosen = [
        experiment
        for experiment in experiments(parameters, chosen_protocols)
        if experiment.cohort in chosen_cohorts and experiment.variant in chosen_variants
    ]
    published = {experiment.cohort for experiment in chosen if experiment.protocol == "published"}
    without = [name for name in chosen_cohorts if "published" in chosen_protocols and name not in published]
    if without and (cohorts != ALL or not chosen):
        raise SweepError(
            f"There is no published protocol of {', '.join(without)}. Leave published out of --protocols."
        )
    return [
        Run(experiment, seed, fold)
        for experiment in chosen
        for seed in parse_seeds(seeds)
        for fold in (range(folds) if folds is not None else (None,))
    ]


def parse_seeds(text: str) -> list[int]:
    """Read ``5`` as the seeds 0 to 4, and ``3,7`` (or ``7,``) as just these.

    Raises:
        SweepError: If the text is neither.
    """
    parts = [part.strip() for part in text.split(",")]
    numbers = [int(part) for part in parts if part.isdecimal()]
    if not numbers or len(numbers) != len([part for part in parts if part]):
        raise SweepError(
            f"--seeds is '{text}'. Give how many, such as 5 for the seeds 0 to 4, or which, such as 3,7."
        )
    if max(numbers) >= MOST_SEEDS:
        raise SweepError(f"--seeds is '{text}', but a seed is a number below 2 to the power of 32.")
    seeds = list(range(numbers[0])) if len(parts) == 1 else list(dict.fromkeys(numbers))
    if not seeds:
        raise SweepError("--seeds 0 means no run at all. For the seed 0 alone give 1.")
    return seeds


def _choose(names: str, known: Collection[T], kind: str) -> list[T]:
    """Read names separated by commas.

    Raises:
        SweepError: For an unknown name, or for none.
    """
    if names.strip() == ALL:
        return list(known)
    asked = [name.strip() for name in names.split(",") if name.strip()]
    unknown = [name for name in asked if name not in known]
    if unknown or not asked:
        raise SweepError(
            f"There is no {kind} '{', '.join(unknown)}'. Choose '{ALL}', or from: {', '.join(known)}."
        )
    return [name for name in known if name in asked]
