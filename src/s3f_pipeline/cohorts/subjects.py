"""Whether a cohort that names its patients or lesions names all of them, and each in one way."""

from typing import Literal

import pandas as pd

from s3f_pipeline.cohorts.listing import some_of
from s3f_pipeline.errors import CohortError
from s3f_pipeline.spelling import id_key, show, tidy_id

Subject = Literal["patient", "lesion"]
NO_IDS = frozenset(
    {
        "na", "n/a", "<na>", "nan", "nat", "none", "null", "<null>", "nil", r"\n", "unknown", "missing",
        "notavailable", "-", "--", "?", "#n/a", "#ref!", "#name?", "#value!", "#num!", "#null!", "#div/0!",
    }
)  # fmt: skip
"""Keys (``id_key``) of what programs and people write where there is no id."""


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


def tidy_ids(ids: pd.Series) -> pd.Series:
    """Take away from ids what cannot be seen or means nothing, null where nothing is left (``tidy_id``)."""
    tidy = ids.map({text: tidy_id(text) for text in ids.dropna().unique()}).astype("string")
    return tidy.mask(tidy == "")


def one_spelling(ids: pd.Series, where: str) -> pd.Series:
    """Make sure that no patient or lesion is spelt in two ways, and that no id is a word for none.

    Args:
        ids: Of each image, null where unknown.
        where: What a message calls their place.

    Returns:
        The ids, tidy (``tidy_id``).

    Raises:
        CohortError: If two of them are different but may be one (``id_key``), or one stands for no id.
    """
    tidy = tidy_ids(ids)
    known = pd.Series(tidy.dropna().unique(), dtype="string")
    keys = known.map(id_key)
    none = known[keys.isin(NO_IDS)]
    if not none.empty:
        raise CohortError(
            f"Ids in {where} that are words for no id, which would make one patient of many: {some_of(none)} "
            f"(on {tidy.isin(none).sum()} of {len(tidy)} images). Leave the id empty where it is not known; "
            f"call a patient otherwise."
        )
    spelt = known.groupby(keys).agg(list)
    several = spelt[spelt.map(len) > 1]
    if several.empty:
        return tidy
    pairs = [" and ".join(map(show, sorted(spellings))) for spellings in several]
    raise CohortError(
        f"Ids in {where} that may be one, spelt in several ways: {some_of(pairs)} (on "
        f"{tidy.isin(several.explode()).sum()} of {len(tidy)} images). Spell one patient one way; different "
        f"patients must differ in more than case, blanks, dashes, zeros in front and the width of characters."
    )
