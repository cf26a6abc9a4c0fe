"""The audit page vouches for the patient-safe split, so it is not written for one that leaks."""

import numpy as np
import pandas as pd
import pytest
from simulated_runs import Network, write_network

from s3f_pipeline.errors import SplitError
from s3f_pipeline.origins import table_hash
from s3f_pipeline.pipelines.auditing.nodes import check_order, doubt_labels, write_audit
from s3f_pipeline.results import find_runs


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
            {},
            {},
            splits,
        )


@pytest.mark.parametrize(("pairs", "told"), [(45, False), (90, True)])
def test_figures_of_an_order_that_cannot_be_tested_are_not_logged(pairs, told, caplog):
    rng = np.random.default_rng(0)
    ids = [f"scan{number}" for number in range(pairs + 1)]
    index = pd.DataFrame({"image_id": ids, "path": [f"{name}.png" for name in ids], "label": "x"})
    index = index.assign(subject=None, official_split=None).astype("string")
    splits = pd.DataFrame({"image_id": ids, "split": "train"})
    splits.loc[::2, "split"] = "test"
    thumbnails = rng.integers(0, 256, (len(ids), 128, 128), np.uint8)
    twins = pd.DataFrame({"first": [], "second": [], "kind": []})
    with caplog.at_level("INFO"):
        found = check_order(index, thumbnails, twins, splits)
    assert (found["verdict"] != "not testable") == told
    assert ("Consecutive files" in caplog.text) == told


def test_runs_on_the_labels_of_now_are_asked_which_they_doubt(load_config, tmp_path):
    cohort = load_config().parameter("busi.data").model_copy(update={"classes": ("benign", "malignant")})
    index = pd.DataFrame({"image_id": ["test_0000"], "sha256": ["1"], "label": ["benign"]})
    now = table_hash(index, ["image_id", "sha256", "label"])
    write_network(tmp_path, "spatial", Network(80), seeds=(0,), data_hash=now)
    write_network(tmp_path, "concat", Network(80), seeds=(0, 1), data_hash="labels of before")
    found = doubt_labels(cohort, index, find_runs(tmp_path))
    assert (found["networks"], found["older_runs"]) == ({"spatial": 1}, 2)
    assert found["found"] == len(found["listed"]) > 0
    nobody = doubt_labels(cohort, index, [])
    assert (nobody["runs"], nobody["found"]) == (0, 0)
