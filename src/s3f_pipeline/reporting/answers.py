"""An answer to what a checklist asks, and where answers come from."""

from collections.abc import Iterator
from dataclasses import dataclass

METRICS, TRAINING, QUALITY = "metrics.json", "training.json", "quality.json"
SPLITS, AUDIT, EXPLANATION = "splits.parquet", "leakage_audit.json", "explanation.json"
CARD = "configuration, cohorts.{cohort}.card.{fact}"
SOFTWARE = "the software"
AUTHORS = "the authors"

Found = Iterator[tuple[str, str, str]]
"""Name, text and source of answers; those without text are left out."""


@dataclass(frozen=True)
class Answer:
    """An answer, and the artefact or the part of the configuration that it comes from."""

    text: str
    source: str
