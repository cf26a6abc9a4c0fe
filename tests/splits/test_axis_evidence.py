import numpy as np
import pandas as pd
import pytest

from s3f_pipeline.splits.axis_evidence import axis_evidence
from s3f_pipeline.splits.likeness import likeness_features
from s3f_pipeline.splits.sequence import file_order


def renumber(index, split):
    """Number the files of each split anew, as if each had been copied to a folder of its own."""
    number = split.groupby(split).cumcount()
    paths = split + "_" + number.astype("string") + ".png"
    return index.assign(path=paths.astype("string"), official_split=split.astype("string"))


@pytest.mark.parametrize("in_order", [True, False])
def test_splits_of_one_list_are_laid_over_each_other(draw_cohort, in_order):
    index, thumbnails, _ = draw_cohort(in_order=in_order, images=800, share=0.5)
    split = pd.Series(np.where(np.arange(800) % 5 == 0, "test", "train"))
    order = file_order(renumber(index, split), merge_splits=True)
    evidence = axis_evidence(likeness_features(thumbnails), order, split, permutations=199)
    assert (evidence["p"] <= 0.01) == in_order
