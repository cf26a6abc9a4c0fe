import json
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from s3f_pipeline.splits.audit import leakage_audit
from s3f_pipeline.splits.groups import make_groups
from s3f_pipeline.splits.patient_safe import patient_safe_split
from s3f_pipeline.splits.twins import find_twins


@pytest.fixture(scope="module")
def audit(settings):
    def run(index, twins, published=None):
        groups = make_groups(index, twins)
        report = leakage_audit(
            index,
            groups,
            twins,
            cohort="heads",
            settings=settings,
            published=published,
            why_none=None if published is not None else "none was published",
        )
        assert json.loads(json.dumps(report)) == report
        return report

    return run


@pytest.fixture(scope="module")
def planted(slice_of_head, distortions, indexed):
    """A cohort with twins of every kind within and across the official splits.

    Heads 0 to 9 train, 20 to 29 test; each test head has a slice next to it in training. Then, per
    distortion, one head has its original in training and its twin in test.
    """
    images, facts = {}, {}

    def add(name, image, label, split):
        images[name], facts[name] = image, (label, split)

    for head in range(10):
        add(f"train{head}", slice_of_head(head), "healthy", "train")
        add(f"test{head}", slice_of_head(20 + head), "tumour", "test")
        add(f"neighbour{head}", slice_of_head(20 + head, depth=0.3), "tumour", "train")
    for number, (kind, distort) in enumerate(distortions.items()):
        original = slice_of_head(40 + number)
        add(f"{kind} a", original, "tumour", "train")
        add(f"{kind} b", distort(original), "tumour", "test")
    add("copy of train0", images["train0"], "healthy", "train")
    add("copy of train1", images["train1"], "healthy", "test")
    add("wrong label", distortions["jpeg_90"](images["train2"]), "tumour", "train")
    index, thumbnails = indexed(images)
    index["label"], index["official_split"] = zip(*facts.values(), strict=True)
    index["subject"] = None
    return index.astype("string"), thumbnails


def test_finds_exactly_what_was_planted(planted, distortions, audit, settings):
    index, thumbnails = planted
    report = audit(index, find_twins(index, thumbnails, settings))
    kinds = len(distortions)
    assert report["images"] == 30 + 2 * kinds + 3
    assert report["pairs"] == {"exact": 2, "near": kinds + 1}
    assert report["groups"] == {
        "count": 30 + kinds,
        "with_twins": kinds + 3,
        "largest": 2,
        "images_with_twin": 2 * (kinds + 3),
    }
    assert report["across_official_splits"] == {
        "groups": kinds + 1,
        "images": 2 * (kinds + 1),
        "subjects": 0,
        "test_images_with_twin_outside_test": kinds + 1,
        "test_images": 10 + kinds + 1,
        "test_images_by_relation": {"same": kinds + 1, "mirrored": 0, "rotated": 0},
        "test_images_with_known_subject": 0,
        "test_images_with_subject_outside_test": 0,
        "by_kind": {
            "subject": {"groups": 0, "images": 0},
            "exact": {"groups": 1, "images": 2},
            "near": {"groups": kinds, "images": 2 * kinds},
            "sequence": {"groups": 0, "images": 0},
        },
    }
    assert report["contradictory_labels"]["groups"] == 1
    assert report["contradictory_labels"]["images"] == 2
    listed = {tuple(group["image_ids"]): group for group in report["listed_groups"]}
    assert set(listed) == {(f"{kind} a", f"{kind} b") for kind in distortions} | {
        ("copy of train0", "train0"),
        ("copy of train1", "train1"),
        ("train2", "wrong label"),
    }
    assert listed["train2", "wrong label"] == {
        "group": "train2",
        "kind": "near",
        "image_ids": ["train2", "wrong label"],
        "labels": ["healthy", "tumour"],
        "official_splits": ["train", "train"],
        "published_splits": [None, None],
        "across_splits": False,
        "contradictory": True,
    }


def test_the_patient_safe_split_leaves_out_exactly_the_planted_leaks(planted, distortions, settings):
    index, thumbnails = planted
    groups = make_groups(index, find_twins(index, thumbnails, settings))
    splits = patient_safe_split(
        index, groups, validation_share=0.2, test_share=0.2, seed=0, contradictory="exclude"
    )
    excluded = splits[splits["split"] == "excluded"].groupby("reason")["image_id"]
    assert {reason: set(images) for reason, images in excluded} == {
        "twin in test": {f"{kind} a" for kind in distortions} | {"train1"},
        "twins with different labels": {"train2", "wrong label"},
    }


def test_kind_is_the_weakest_evidence_that_a_group_needs(table, pairs, audit):
    index = table(
        ("a", "x", "p", "train"), ("b", "x", "p", "test"),
        ("c", "x", "q", "train"), ("d", "x", "q", "train"),
        ("e", "x", "r", "train"), ("f", "x", "s", "test"),
        ("g", "x", None, "train"), ("h", "x", None, "validation"), ("i", "x", None, "test"),
        ("j", "x", None, None), ("k", "y", None, "train"),
    )  # fmt: skip
    twins = pairs(
        ("a", "b", "near"), ("e", "f", "exact"), ("g", "h", "exact"), ("h", "i", "near"),
        ("j", "k", "exact"),
    )  # fmt: skip
    report = audit(index, twins)
    kinds = {group["group"]: (group["kind"], group["across_splits"]) for group in report["listed_groups"]}
    assert kinds == {
        "a": ("subject", True),
        "e": ("exact", True),
        "g": ("near", True),
        "j": ("exact", False),
    }
    assert report["across_official_splits"]["by_kind"] == {
        "subject": {"groups": 1, "images": 2},
        "exact": {"groups": 1, "images": 2},
        "near": {"groups": 1, "images": 3},
        "sequence": {"groups": 0, "images": 0},
    }
    assert report["across_official_splits"]["test_images_with_twin_outside_test"] == 3
    assert report["listed_groups"][-1]["official_splits"] == [None, "train"]
    assert report["contradictory_labels"]["groups"] == 1
    assert report["contradictory_labels"]["images"] == 2


def test_test_images_are_counted_by_the_relation_of_their_twins(table, pairs, audit):
    index = table(*((name, "x", None, "train" if name in "abc" else "test") for name in "abcdef"))
    twins = pairs(
        ("a", "d", "near", "mirrored"), ("b", "d", "near"), ("c", "e", "near", "mirrored"),
        ("d", "f", "near", "rotated"),
    )  # fmt: skip
    report = audit(index, twins)
    assert report["relations"] == {"same": 1, "mirrored": 2, "rotated": 1}
    official = report["across_official_splits"]
    assert official["test_images_by_relation"] == {"same": 1, "mirrored": 2, "rotated": 0}
    assert official["test_images_with_twin_outside_test"] == 3


def test_patients_across_splits_are_listed_even_without_twins(table, pairs, audit):
    index = table(("a", "x", "p", "train"), ("b", "x", "p", "test"), ("c", "x", "q", "test"))
    report = audit(index, pairs())
    assert [group["group"] for group in report["listed_groups"]] == ["a"]
    assert report["across_official_splits"]["by_kind"]["subject"] == {"groups": 1, "images": 2}
    assert report["across_official_splits"]["subjects"] == 1
    assert report["across_official_splits"]["test_images_with_twin_outside_test"] == 0


def test_settings_and_cohort_are_told(table, pairs, audit):
    report = audit(table(("a", "x", None, None)), pairs())
    assert report["settings"] == {
        "unexplained": 6,
        "local_similarity": 0.9,
    }
    assert report["cohort"] == "heads"
    assert report["listed_groups"] == []


def test_every_reading_of_the_patients_is_reported(audit, table, pairs):
    index = table(
        ("a", "x", "p1", "train"), ("b", "x", "p1", "test"),
        ("c", "x", "p2", "train"), ("d", "x", "p2", "validation"),
        ("e", "x", "p3", "test"), ("f", "x", "p3", "test"),
    )  # fmt: skip
    index["subject_by_kind"] = ["p1_v", "p1_b", "p2_v", "p2_v", "p3_b", "p3_b"]
    cautious, by_kind = audit(index, pairs())["readings"]
    assert cautious == {
        "reading": "subject",
        "subjects": 3,
        "subjects_across_test": 1,
        "images_across_test": 2,
        "test_images_with_subject_outside_test": 1,
    }
    assert by_kind == {
        "reading": "subject_by_kind",
        "subjects": 4,
        "subjects_across_test": 0,
        "images_across_test": 0,
        "test_images_with_subject_outside_test": 0,
    }


def test_a_cohort_without_patients_has_no_reading(audit, table, pairs):
    index = table(("a", "x", None, "train"), ("b", "x", None, "test"))
    assert audit(index, pairs())["readings"] == []


def test_the_published_split_is_audited(audit, table, pairs):
    index = table(
        ("a", "x", None, None), ("b", "x", None, None), ("c", "x", "p", None), ("d", "x", "p", None)
    )
    published = index[["image_id"]].assign(split=["train", "test", "test", "train"])
    report = audit(index, pairs(("a", "b", "near")), published)
    assert report["published_split"] == {
        "test_images": 2,
        "test_images_with_twin_outside_test": 1,
        "test_images_by_relation": {"same": 1, "mirrored": 0, "rotated": 0},
        "test_images_with_known_subject": 1,
        "test_images_with_subject_outside_test": 1,
        "test_images_with_group_outside_test": 2,
        "groups_across_test": 2,
    }
    assert {group["group"]: group["published_splits"] for group in report["listed_groups"]} == {
        "a": ["train", "test"],
        "c": ["test", "train"],
    }
    assert audit(index, pairs())["published_split"] == {"none": "none was published"}


@given(draw=st.data())
def test_counts_agree_with_each_other(table, pairs, audit, draw):
    ids = "abcdefgh"
    some = {"unique": True, "max_size": 6}
    both = draw.draw(st.lists(st.sampled_from(list(combinations(ids, 2))), **some), "twins")
    rows = [
        (name, draw.draw(st.sampled_from("xy")), draw.draw(st.sampled_from(["p", "q", None])),
         draw.draw(st.sampled_from(["train", "validation", "test", None])))
        for name in ids
    ]  # fmt: skip
    index = table(*rows)
    splits = draw.draw(st.lists(st.sampled_from(["train", "test"]), min_size=8, max_size=8))
    report = audit(
        index, pairs(*((*pair, "near") for pair in both)), index[["image_id"]].assign(split=splits)
    )
    official, published, listed = (
        report["across_official_splits"], report["published_split"], report["listed_groups"]
    )  # fmt: skip
    assert report["groups"]["images_with_twin"] == len({name for pair in both for name in pair})
    assert official["groups"] == sum(group["across_splits"] for group in listed)
    for what in ("groups", "images"):
        assert official[what] == sum(kind[what] for kind in official["by_kind"].values())
    assert official["test_images_with_twin_outside_test"] <= official["test_images"]
    torn = [group["published_splits"] for group in listed if len(set(group["published_splits"])) > 1]
    assert published["groups_across_test"] == len(torn)
    assert published["test_images_with_group_outside_test"] == sum(sides.count("test") for sides in torn)
    assert published["test_images_with_twin_outside_test"] <= published["test_images_with_group_outside_test"]
