"""From a cohort's configuration to a raw folder of phantoms."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from s3f_pipeline.acquisition.phantoms.layouts import brisc, busi, cheng, chest, ham, medmnist, own
from s3f_pipeline.acquisition.provenance import tree_hash, write_provenance
from s3f_pipeline.cohorts.links import NEEDED
from s3f_pipeline.config.schema import CohortFacts, PhantomsConfig
from s3f_pipeline.files import temporary_path

LAYOUTS: dict[str, Callable[[Path, CohortFacts, PhantomsConfig], int]] = {
    "brisc": brisc.write,
    "busi": busi.write,
    "chest": chest.write,
    "cheng": cheng.write,
    "folders": own.write_folders,
    "ham": ham.write,
    "medmnist": medmnist.write,
    "table": own.write_table,
}
"""Each writes a raw folder in one layout and returns the number of images."""


def description(cohort: CohortFacts, config: PhantomsConfig) -> dict[str, Any]:
    """All that decides what is drawn; other phantoms are drawn anew."""
    block = cohort.model_dump(mode="json", include={"layout", "classes", "color", "table", "inside", "link"})
    return {**config.model_dump(mode="json"), **block}


def draw_phantoms(folder: Path, cohort: CohortFacts, config: PhantomsConfig) -> int:
    """Draw every class and split of a cohort; the folder appears when whole, or not at all.

    Args:
        folder: The raw folder to make.
        cohort: Gives layout, classes and colour.
        config: How many, and the seed. Layouts with an official validation set get one of a tenth of
            the training images besides.

    Returns:
        The number of images drawn.

    Raises:
        OSError: If the disk has no room for all of it.
    """
    temporary = temporary_path(folder)
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir(parents=True)
    try:
        drawn = LAYOUTS[cohort.layout](temporary, cohort, config)
        if cohort.link and cohort.link.table and not (temporary / cohort.link.table).is_file():
            _write_empty(temporary / cohort.link.table)  # no other cohort shows these phantoms
        write_provenance(
            temporary,
            "phantoms drawn by s3f_pipeline",
            synthetic=True,
            images=drawn,
            sha256=tree_hash(temporary),
            phantoms=description(cohort, config),
        )
        temporary.rename(folder)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    return drawn


def _write_empty(table: Path) -> None:
    table.parent.mkdir(parents=True, exist_ok=True)
    table.write_text(",".join(NEEDED) + "\n", encoding="utf-8")
