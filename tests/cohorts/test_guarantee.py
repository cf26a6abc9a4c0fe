import pandas as pd
import pytest

from s3f_pipeline.cohorts import check_groups
from s3f_pipeline.errors import CohortError

TABLE = pd.DataFrame({"path": ["b.png", "a.png", "c.png"], "group": ["p1", None, None]})


@pytest.mark.parametrize("guarantee", ["patient", "lesion"])
def test_an_image_without_a_group(guarantee):
    with pytest.raises(
        CohortError, match=rf"^2 of 3 images have no known {guarantee}: a\.png, c\.png\. Fill in"
    ):
        check_groups(TABLE, guarantee)
    check_groups(TABLE.dropna(), guarantee)


@pytest.mark.parametrize("guarantee", ["near_duplicate", "none"])
def test_guarantees_that_need_no_groups(guarantee):
    check_groups(TABLE, guarantee)
