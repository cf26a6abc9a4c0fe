"""What is computed from predictions."""

from itertools import pairwise
from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from s3f_pipeline.comparison.settings import DecidingFigure
from s3f_pipeline.config.schema.fields import Block, Seed, Share


class EvaluationConfig(Block):
    """How figures, intervals and sets are made.

    Attributes:
        replicates: How often groups are drawn for an interval.
        confidence: Nominal coverage of intervals, in (0, 1); in comparisons 1 less this is the chance of a
            false finding among all pairs of networks.
        conformal_level: Promised share of images whose set of classes has the true one, in (0, 1).
        seed: Of the draws.
    """

    replicates: Annotated[int, Field(ge=200, le=100_000)]
    confidence: Share
    conformal_level: Share
    seed: Seed


class ComparisonConfig(Block):
    """By what networks are compared; draws and confidence are those of the evaluation.

    Attributes:
        figure: Decides; more of it is better.
        margin: Difference of that figure that does not matter, in (0, 1).
    """

    figure: DecidingFigure
    margin: Share


def _ascending(values: tuple[float, ...]) -> tuple[float, ...]:
    if any(low >= high for low, high in pairwise(values)):
        raise ValueError("give numbers in ascending order")
    return values


Borders = Annotated[tuple[float, ...], AfterValidator(_ascending)]
Thresholds = Annotated[tuple[Share, Share], AfterValidator(_ascending)]


class CohortUse(Block):
    """On whom networks of a cohort are looked at, and how one of them would be used.

    Attributes:
        subgroups: Columns of the index whose values are looked at one by one, each with the borders of bands
            where it is numeric, such as ``age: [40, 60]``, or none.
        prevalence: Share of the positive class where the network would be used, in (0, 1).
        thresholds: Lowest and highest probability of the positive class from which on somebody would act, in
            (0, 1). With the prevalence it gives the decision curve, which is not drawn without.
    """

    subgroups: dict[str, Borders] = {}
    prevalence: Share | None = None
    thresholds: Thresholds | None = None

    @model_validator(mode="after")
    def _decisions_have_both(self) -> Self:
        if (self.prevalence is None) != (self.thresholds is None):
            raise ValueError("prevalence and thresholds belong together: give both, or neither")
        return self
