"""``advice.json``: which network to take, by validation images alone."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from s3f_pipeline.results.artefacts import Artefact


@dataclass(frozen=True)
class Advice(Artefact):
    """Content of ``advice.json``: what the validation images alone advise.

    Attributes:
        runs: Hash of the runs that it is of.
        figure: That decides.
        network: To take, ``None`` where there are no validation images.
        best: The one with the best mean figure.
        tied: Those that are not shown to be worse, the cheapest first.
        means: Of each network.
        parameters: Of each network, by which the cheapest is chosen.
        chosen: How often the rule takes each under resampled images and runs, a share.
        why_none: Why there is no advice.
    """

    VERSION: ClassVar[int] = 1

    runs: str
    figure: str
    network: str | None
    best: str | None
    tied: tuple[str, ...]
    means: Mapping[str, float]
    parameters: Mapping[str, int]
    chosen: Mapping[str, float]
    why_none: str | None
