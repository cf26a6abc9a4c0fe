import numpy as np
import pandas as pd

from s3f_pipeline.explanation.doubts import doubted_labels
from s3f_pipeline.explanation.labels import suspicious_labels

CLASSES = ["a", "b"]


def table(first, *, split="test", labels="aaabbb", start=0):
    """Predictions with the probability of class a of each image."""
    rows = [f"image-{start + number}" for number in range(len(first))]
    found = pd.DataFrame({"image_id": rows, "group": rows, "split": split, "label": list(labels)})
    return found.assign(p_a=first, p_b=1 - np.array(first))


SURE = table([0.9, 0.8, 0.1, 0.2, 0.3, 0.2])
UNSURE = table([0.9, 0.8, 0.6, 0.2, 0.9, 0.2])


def test_the_mean_of_what_runs_say_is_asked_and_each_has_a_vote():
    found = doubted_labels([("spatial", SURE), ("spatial", SURE), ("concat", UNSURE)], CLASSES)
    assert (found["runs"], found["networks"]) == (3, {"concat": 1, "spatial": 2})
    (listed,) = found["listed"]
    assert (listed["image_id"], listed["label"], listed["suggested"]) == ("image-2", "a", "b")
    assert (listed["runs"], listed["contradicted_by"], listed["networks"]) == (3, 2, ["spatial"])
    assert listed["p_label"] == np.mean([0.1, 0.1, 0.6])


def test_one_run_lists_what_its_own_report_lists():
    own = suspicious_labels(UNSURE, CLASSES, 10)
    found = doubted_labels([("concat", UNSURE)], CLASSES)
    assert found["thresholds"] == own["thresholds"]
    assert [{key: each[key] for key in own["listed"][0]} for each in found["listed"]] == own["listed"]
    assert all(each["contradicted_by"] == each["runs"] == 1 for each in found["listed"])


def test_over_folds_each_image_is_asked_where_it_was_held_out():
    shared = table([0.9, 0.1, 0.1], labels="aab", split="validation", start=6)
    found = doubted_labels([("spatial", SURE), ("spatial", shared)], CLASSES)
    assert found["images"] == 9
    by_image = {each["image_id"]: each for each in found["listed"]}
    assert by_image["image-7"]["split"] == "validation"
    assert by_image["image-7"]["runs"] == 1


def test_without_runs_nothing_is_doubted():
    assert doubted_labels([], CLASSES)["listed"] == []
