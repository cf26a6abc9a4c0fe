import numpy as np
import pandas as pd
import pytest

from s3f_pipeline.errors import SplitError
from s3f_pipeline.splits.rows import split_rows

INDEX = pd.DataFrame({"image_id": ["a", "b", "c", "d"], "label": ["cat", "dog", "cat", "dog"]})


def splits(**sides):
    return pd.DataFrame({"image_id": list(sides), "split": list(sides.values())})


def test_rows_follow_the_index_and_labels_the_classes():
    table = splits(d="train", c="test", b="train", a="train")
    train = split_rows(INDEX, table, "train", ("dog", "cat"))
    np.testing.assert_array_equal(train.rows, [0, 1, 3])
    np.testing.assert_array_equal(train.labels, [1, 0, 0])
    assert split_rows(INDEX, table, "validation", ("dog", "cat")).rows.size == 0


def test_splits_of_other_data_are_refused():
    with pytest.raises(SplitError, match="do not list the images of the index"):
        split_rows(INDEX, splits(a="train", b="test"), "train", ("dog", "cat"))
