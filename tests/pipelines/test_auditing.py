"""The audit page vouches for the patient-safe split, so it is not written for one that leaks."""

import pandas as pd
import pytest

from s3f_pipeline.errors import SplitError
from s3f_pipeline.pipelines.auditing.nodes import write_audit


def test_no_page_vouches_for_a_group_on_two_sides(load_config):
    loader = load_config()
    index = pd.DataFrame({"image_id": ["a", "b"], "label": "glioma"})
    splits = pd.DataFrame({"image_id": ["a", "b"], "group": "a", "split": ["train", "test"]})
    with pytest.raises(SplitError, match="1 groups stand on more than one side"):
        write_audit(
            loader.parameter("brisc.cohort"),
            loader.parameter("brisc.splitting"),
            {"provenance": {"synthetic": False}},
            {"header_ids": None, "contradictions": [], "incomparable_ids": None},
            index,
            None,
            None,
            {},
            {},
            splits,
        )
