"""Whether a cohort knows what its guarantee needs."""

import pandas as pd

from s3f_pipeline.cohorts.listing import some_of
from s3f_pipeline.errors import CohortError

NEEDS_GROUPS = ("patient", "lesion")


def check_groups(table: pd.DataFrame, guarantee: str) -> None:
    """Check that every image has a group where splits promise to keep patients or lesions together.

    Args:
        table: As ``list_files`` returns it.
        guarantee: ``patient``, ``lesion``, ``near_duplicate`` or ``none``.

    Raises:
        CohortError: If the guarantee is ``patient`` or ``lesion`` and an image has no group.
    """
    unknown = table["group"].isna()
    if guarantee in NEEDS_GROUPS and unknown.any():
        raise CohortError(
            f"{unknown.sum()} of {len(table)} images have no known {guarantee}: "
            f"{some_of(table['path'][unknown])}. Fill in the missing ids (or mend the file names that "
            f"carry them), or set the cohort's guarantee to near_duplicate."
        )
