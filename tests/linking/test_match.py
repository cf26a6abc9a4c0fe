import cv2
import numpy as np
import pytest

from s3f_pipeline.linking.match import MatchSettings, link_table, match_cohorts
from s3f_pipeline.linking.report import link_report

SETTINGS = MatchSettings(least_correlation=0.98, margin=0.02)


def again(image):
    return cv2.imdecode(cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 60])[1], cv2.IMREAD_GRAYSCALE)


@pytest.fixture
def matches(picture, cohort):
    own = cohort(
        ("a", "ill", None, again(picture(0))),
        ("b", "ill", None, again(picture(1)[:, ::-1])),
        ("c", "well", None, picture(2)),
        ("d", "well", None, picture(9)),
        ("e", "well", None, picture(3)),
        ("f", "well", None, picture(4)),
    )
    other = cohort(
        ("zero", "ill", "p1", picture(0)),
        ("one", "well", "p1", picture(1)),
        ("two", "well", "p2", picture(2)),
        ("two again", "well", "p3", again(picture(2))),
        ("three", "benign", None, picture(3)),
        ("four", "well", "p4", picture(4)),
        ("four again", "well", "p4", again(picture(4))),
    )
    other[0]["site"], other[0]["birth"] = "north", "1960"
    return match_cohorts(*own, *other, SETTINGS)


def test_images_get_what_their_counterparts_have(matches):
    rows = matches.set_index("image")
    assert list(rows["status"]) == ["matched", "matched", "ambiguous", "unmatched", "matched", "matched"]
    assert rows.loc[["a", "b"], "subject"].tolist() == ["p1", "p1"]
    assert rows["orientation"].loc[["a", "b"]].tolist() == ["same", "mirrored"]
    assert rows.loc["e", "linked"] == "three"
    assert rows["subject"].isna().loc["e"]


def test_the_table_has_the_matched_alone_and_no_other_columns(matches):
    table = link_table(matches)
    assert list(table) == [
        "image", "linked", "subject", "linked_label", "orientation", "correlation", "phash", "site",
    ]  # fmt: skip
    assert list(table["image"]) == ["a", "b", "e", "f"]


def test_the_report_counts_and_lists(matches):
    matches["subject"] = matches["subject"].astype("string")
    known = matches["subject"].copy()
    known[:] = ["p1", "p7", None, "p8", None, None]
    report = link_report(matches, known, cohort="own", other="other", settings=SETTINGS, table=None)
    assert (report["matched"], report["ambiguous"], report["unmatched"], report["subjects"]) == (4, 1, 1, 2)
    assert report["by_class"] == {
        "ill": {"matched": 2, "ambiguous": 0, "unmatched": 0},
        "well": {"matched": 2, "ambiguous": 1, "unmatched": 1},
    }
    assert report["labels_compared"] == 3  # this cohort knows no 'benign'
    assert [row["image"] for row in report["contradictory_labels"]] == ["b"]
    assert [row["image"] for row in report["ambiguous_images"]] == ["c"]
    agreement = {"same": 1, "different": 1, "found_but_not_in_use": 1, "in_use_but_not_found": 1}
    assert report["agreement"] == {"table": None, **agreement}
    assert report["correlations"]["of_matched"]["lowest"] > 0.98


def test_nothing_in_common(picture, cohort):
    own, other = (cohort((name, "ill", None, picture(seed))) for name, seed in (("a", 0), ("b", 1)))
    matches = match_cohorts(*own, *other, SETTINGS)
    report = link_report(matches, own[0]["subject"], cohort="a", other="b", settings=SETTINGS, table=None)
    assert report["correlations"]["of_matched"] is None
    assert link_table(matches).empty
    assert np.isfinite(matches["correlation"]).all()
