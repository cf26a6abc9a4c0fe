import numpy as np
import pandas as pd

from s3f_pipeline.identity import components


def test_chains_through_columns_and_pairs_are_one_component():
    one = pd.Series(["a", "a", None, None, None, "b"], dtype="string")
    other = pd.Series([None, "s", "s", None, None, None], dtype="string")
    found = components(6, one, other, pairs=np.array([[3, 2]]))
    assert len(set(found[:4])) == 1
    assert len(set(found)) == 3


def test_nothing_connects_nothing():
    assert sorted(components(3, pd.Series([None] * 3, dtype="string"))) == [0, 1, 2]
