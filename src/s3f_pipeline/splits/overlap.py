"""Which test images of a split are known from the official training images."""

import pandas as pd

from s3f_pipeline.splits.groups import join_groups, subject_links

OFFICIAL_TRAINING = ("train", "validation")


def official_overlap(index: pd.DataFrame, groups: pd.DataFrame, splits: pd.DataFrame) -> dict[str, int]:
    """Count the test images that a network knows which was trained on the official training images.

    Official validation images count as training images: they chose the epoch, if not the weights.

    Args:
        index: With ``image_id``, ``label``, ``official_split`` and ids of subjects.
        groups: As ``make_groups`` returns them.
        splits: With ``image_id`` and ``split``.

    Returns:
        ``test_images``; of these ``official_training``, which are such images themselves, ``twin``, others
        with a twin among them, and ``subject``, others of a patient, lesion or examination that is known from
        them.
    """
    table = join_groups(index, groups)
    is_test = table["image_id"].map(splits.set_index("image_id")["split"]).eq("test").fillna(False)
    trained = table["official_split"].isin(OFFICIAL_TRAINING)
    twin = _shared(table["twin_set"], trained)
    subject = pd.Series(False, table.index)
    for link in subject_links(index.reset_index(drop=True)):
        subject |= _shared(link, trained)
    return {
        "test_images": int(is_test.sum()),
        "official_training": int((is_test & trained).sum()),
        "twin": int((is_test & ~trained & twin).sum()),
        "subject": int((is_test & ~trained & ~twin & subject).sum()),
    }


def _shared(names: pd.Series, trained: pd.Series) -> pd.Series:
    """Whether an image has a name that a training image has."""
    return names.notna() & names.isin(names[trained].dropna())
