"""Whether a cohort that names its patients or lesions names all of them."""

from typing import Literal

import pandas as pd

from s3f_pipeline.cohorts.listing import some_of
from s3f_pipeline.errors import CohortError

Subject = Literal["patient", "lesion"]


def check_subjects(table: pd.DataFrame, subject: Subject) -> None:
    """Check that a layout knows the subject of every image, or of none.

    An official test set whose subjects are all unknown, as challenges keep them, is fine.

    Args:
        table: As ``list_files`` returns it.
        subject: What an id of the column ``subject`` stands for.

    Raises:
        CohortError: If some images have a subject and others have none.
    """
    unknown = table["subject"].isna()
    official_test = (table["official_split"] == "test").fillna(False).astype(bool)
    if unknown.any() and not unknown.all() and (unknown != official_test).any():
        raise CohortError(
            f"{unknown.sum()} of {len(table)} images have no known {subject}: "
            f"{some_of(table['path'][unknown])}. Fill in the missing ids, or mend the file names that "
            f"carry them."
        )
