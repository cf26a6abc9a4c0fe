from dataclasses import fields

import pandas as pd

from s3f_pipeline.images.findings import Findings
from s3f_pipeline.images.quality import quality_report

INDEX = pd.DataFrame(
    {
        "image_id": list("abcde"),
        "path": ["t/a.png", "t/b.png", "t/c.jpg", "v/d.png", "v/e.png"],
        "label": list("xxyxy"),
        "official_split": ["train", "train", "test", None, None],
        "sha256": ["1", "2", "2", "3", "4"],
        "height": [8, 8, 8, 9, 9],
        "width": [8, 8, 8, 9, 9],
        "format": ["PNG", "JPEG", "JPEG", "PNG", "PNG"],
        "mode": ["grey 8-bit"] * 4 + ["grey 16-bit"],
    }
)
NOTHING = {
    "max_rejected_share": 0.1,
    "published_counts": {},
    "passed_over": {},
    "checksums": {},
    "positive_class": None,
}


def report(**changes):
    found = {one.name: changes.pop(one.name) for one in fields(Findings) if one.name in changes}
    return quality_report("cohort", INDEX, Findings(**found), **(NOTHING | changes))


def test_every_file_is_accounted_for():
    rejected = [{"path": "t/z.png", "reason": "empty file"}]
    found = report(rejected=rejected, passed_over={"masks": 3})
    assert (found["found"], found["read"], len(found["rejected"])) == (6, 5, 1)
    assert found["passed_over"] == {"masks": 3}
    assert found["classes"] == {
        "x": {"none": 1, "test": 0, "train": 2},
        "y": {"none": 1, "test": 1, "train": 0},
    }
    assert found["sizes"][0] == {"height": 8, "width": 8, "count": 3}
    assert {"format": "JPEG", "mode": "grey 8-bit", "count": 2} in found["modes"]
    assert "Files left out: 1 (t/z.png: empty file)" in found["warnings"]


def test_counts_are_compared_with_the_published_ones():
    counts = {"train": {"x": 2, "y": 1}, "test": {"all": 1}, "none": {"all": 5}, "validation": {"x": 1}}
    found = report(published_counts=counts)
    assert {
        (row["split"], row["class"]): (row["found"], row["published"]) for row in found["count_differences"]
    } == {
        ("train", "y"): (0, 1),
        ("none", "all"): (2, 5),
        ("validation", "x"): (0, 1),
    }
    assert "train y: 0 images found, 1 in the published work" in found["warnings"]


def test_copies_and_contradictions_are_named():
    found = report()
    assert found["exact_duplicates"] == 1
    assert found["contradictory_duplicates"] == [{"paths": ["t/b.png", "t/c.jpg"], "labels": ["x", "y"]}]
    assert any("different labels: t/b.png, t/c.jpg" in warning for warning in found["warnings"])


def test_a_wrong_ending_is_named():
    found = report()
    assert found["wrong_endings"] == [{"path": "t/b.png", "format": "JPEG"}]
    assert "1 files have the ending of another format: t/b.png (JPEG)" in found["warnings"]


def test_another_checksum_than_the_published_one_is_a_warning():
    checksums = {
        "a.npz": {"expected": "1", "found": "2", "matches": False},
        "b.npz": {"expected": "1", "found": "1", "matches": True},
    }
    found = report(checksums=checksums)
    (warning,) = [w for w in found["warnings"] if "MD5" in w]
    assert warning == "a.npz is not the published file: its MD5 is 2, published is 1"


def test_images_that_are_left_with_few_grey_levels_are_a_warning():
    warnings = report(narrow=[(-900, 1100.5), (-1000, 20)])["warnings"]
    (warning,) = [warning for warning in warnings if "bit depth" in warning]
    assert warning.startswith(
        "2 images of more than 8 bits have no window, and their values, mostly from -1000"
    )
    assert warning.endswith("window: [-1000, 1100.5]")


def test_what_sets_the_files_apart_is_said_first():
    warnings = report(caution="This is a reconstruction", narrow=[(0, 9)])["warnings"]
    assert warnings[0] == "This is a reconstruction"
    assert len(warnings) == len(report(narrow=[(0, 9)])["warnings"]) + 1


def test_what_could_not_be_followed_is_told_and_kept():
    remarks = {"their window is unusable": [f"t/{n}.dcm" for n in range(7)]}
    found = report(remarks=remarks, blank=["t/a.png"], notices=["Passed over: 3 thumbnails"])
    assert found["remarks"] == remarks
    assert found["blank"] == ["t/a.png"]
    told = (
        "7 images: their window is unusable (t/0.dcm, t/1.dcm, t/2.dcm, t/3.dcm, t/4.dcm and 2 more)",
        "1 images are of one single grey (t/a.png)",
        "Passed over: 3 thumbnails",
    )
    assert set(told) <= set(found["warnings"])


def test_likely_masks_are_named():
    found = report(masks=["t/a.png"])
    assert found["likely_masks"] == ["t/a.png"]
    assert any(warning.startswith("1 images have nearly two grey values") for warning in found["warnings"])
