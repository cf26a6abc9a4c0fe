import base64
import re
from dataclasses import asdict
from html import unescape

import cv2
import numpy as np
import pandas as pd
import pytest
import yaml

from s3f_pipeline.config.schema import GroupingConfig
from s3f_pipeline.explanation.doubts import doubted_labels
from s3f_pipeline.reporting import audit as audit_page
from s3f_pipeline.reporting.audit import MOST_PAIRS, AuditData, render_audit, sort_pairs
from s3f_pipeline.reporting.straddle import offered_grouping, offered_pattern
from s3f_pipeline.results.audit import Audit
from s3f_pipeline.results.splits import SplitSummary
from s3f_pipeline.splits.audit import leakage_audit
from s3f_pipeline.splits.demographics import demographics
from s3f_pipeline.splits.groups import make_groups
from s3f_pipeline.splits.likeness import likeness_features
from s3f_pipeline.splits.patient_safe import patient_safe_split
from s3f_pipeline.splits.published import published_split
from s3f_pipeline.splits.settings import TwinSettings
from s3f_pipeline.splits.shortcuts import Shortcut
from s3f_pipeline.splits.straddle import straddle_check
from s3f_pipeline.splits.summary import split_summary

SETTINGS = TwinSettings(unexplained=6, local_similarity=0.9)
TWINS = pd.DataFrame(
    [
        ("x0", "x1", "near", "same", 0.99),
        ("x2", "xtest0", "near", "mirrored", 0.93),
        ("x3", "y3", "exact", "same", 1.0),
    ],
    columns=["first", "second", "kind", "relation", "similarity"],
)

NOBODY_ASKED = {**doubted_labels([], []), "older_runs": 0}


def index_of(official_test=True):
    rows = [(f"{label}{n}", label, None, "train") for label in "xy" for n in range(6)]
    rows += [(f"{label}test{n}", label, None, "test") for label in "xy" for n in range(2)]
    index = pd.DataFrame(rows, columns=["image_id", "label", "subject", "official_split"]).astype("string")
    index["path"] = index["image_id"]
    return index if official_test else index.assign(official_split=pd.NA)


@pytest.fixture
def page():
    def render(
        index=None,
        twins=TWINS,
        synthetic=False,
        title="Heads",
        guarantee="near_duplicate",
        drawn=None,
        fold=None,
        header_ids=None,
        contradictions=(),
        incomparable_ids=None,
        straddle=None,
        shortcuts=(),
        suspicious=NOBODY_ASKED,
        grouping=None,
        file_warnings=(),
        class_titles=None,
    ):
        index = index_of() if index is None else index
        groups = make_groups(index, twins)
        has_test = index["official_split"].eq("test").any()
        published = published_split(index, groups, selection_split="test") if has_test else drawn
        splits = patient_safe_split(
            index, groups, validation_share=0.2, test_share=0.2, seed=0, contradictory="exclude"
        )
        thumbnails = np.zeros((len(index), 128, 128), np.uint8)
        features = likeness_features(thumbnails)
        audit = leakage_audit(
            index,
            groups,
            twins,
            cohort="heads",
            settings=SETTINGS,
            published=published,
            why_none="nothing was published" if published is None else None,
        )
        return render_audit(
            AuditData(
                cohort={
                    "name": "heads",
                    "subject": "patient",
                    "class_titles": class_titles or {},
                    "title": title,
                    "licence": "CC BY 4.0",
                    "citation": "A & B",
                },
                synthetic=synthetic,
                header_ids=header_ids,
                contradictions=contradictions,
                incomparable_ids=incomparable_ids,
                guarantee={"test": {"x": {guarantee: 3}}},
                audit=Audit.of(audit, "leakage_audit.json"),
                straddle=straddle
                or {**straddle_check(index, features, groups, splits, permutations=9), "readings": []},
                shortcuts=[asdict(shortcut) for shortcut in shortcuts],
                suspicious=suspicious,
                grouping=grouping,
                index=index,
                thumbnails=thumbnails,
                twins=twins,
                split_summary=SplitSummary.of(split_summary(index, splits)),
                demographics=demographics(index, splits),
                fold=fold,
                folds=5,
                file_warnings=file_warnings,
            )
        )

    return render


def text_of(html):
    without_style = re.sub(r"<style>.*?</style>", " ", html, flags=re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", without_style)).split())


def test_the_verdict_can_be_quoted(page):
    text = text_of(page())
    assert "6 of 16 images have an exact or near copy in the data set, in 3 groups." in text
    assert (
        "Of 4 official test images 1 has one in official training or validation (1 a mirrored one)." in text
    )
    assert "No image has a copy on another side of the split that the search for twins finds" in text


def test_the_verdict_names_patients_on_both_sides_under_every_reading(page):
    cautious = [f"p{n // 2}" for n in range(12)] + ["p0", "q1", "q2", "q3"]
    index = index_of().assign(subject=cautious, subject_by_kind=[f"p{n}" for n in range(16)])
    text = text_of(page(index, TWINS[:0], guarantee="patient"))
    assert "Of 4 official test images none have one in official training or validation." in text
    assert (
        "By the known ids, 1 of the test images shares a patient with training or validation images. " in text
    )
    assert "Who is one patient is inferred" not in text
    assert "as used here 9 1 3 1 by kind 16 0 0 0" in text
    assert "The data set does not say which reading of its ids is right." in text


def test_a_guarantee_by_patient_says_whom_another_reading_tears_apart(page):
    coarser = [f"p{n // 2}" for n in range(12)] + ["p0", "q1", "q2", "q3"]
    index = index_of().assign(subject=[f"p{n}" for n in range(16)], subject_by_number=coarser)
    text = text_of(page(index, TWINS[:0], guarantee="patient"))
    assert (
        "Who is one patient is inferred: the ids, read by number, put the patients of 1 official test images "
        "into official training or validation, too."
    ) in text


def test_the_page_refers_to_nothing_outside_itself(page):
    html = page()
    assert not re.search(r"""(?:src|href)\s*=\s*["'](?!data:|#)""", html)
    assert not re.search(r"<script|<iframe|@import|url\(", html)
    assert "default-src 'none'" in html


def test_twins_are_shown_side_by_side(page):
    html = page()
    shown = [base64.b64decode(uri) for uri in re.findall(r"data:image/jpeg;base64,([^\"]+)", html)]
    assert [cv2.imdecode(np.frombuffer(jpeg, np.uint8), -1).shape for jpeg in shown] == [(128, 128)] * 6
    text = text_of(html)
    assert "Different labels: 1 pair x3 x, train y3 y, train exact different labels" in text
    assert (
        "Across the test set: 1 pair x2 x, train xtest0 x, test near, mirrored, similarity 0.930 "
        "across the test set"
    ) in text
    assert "All others: 1 pair x0 x, train x1 x, train near, same, similarity 0.990" in text


def test_contradictory_labels_are_listed_with_their_images(page):
    assert "Twins with different labels Twins Images and labels 1 x3 x, y3 y" in text_of(page())
    assert "No image has a twin with another label." in text_of(page(twins=TWINS[:2]))


def test_classes_are_called_by_their_titles(page):
    text = text_of(page(class_titles={"x": "an x"}))
    assert "Twins with different labels Twins Images and labels 1 x3 an x, y3 y" in text
    assert "Different labels: 1 pair x3 an x, train y3 y, train exact different labels" in text


def test_what_the_split_excludes_is_counted(page):
    text = text_of(page())
    assert "Excluded images Reason Images twin in test 1 twins with different labels 2" in text
    assert "No image is excluded." in text_of(page(twins=TWINS[:1]))


def test_phantoms_are_marked(page):
    assert "Synthetic phantoms, no medical meaning" in page(synthetic=True)
    assert "Synthetic phantoms" not in page()


def test_text_is_escaped(page):
    evil = "<script>alert('x')</script>"
    index, twins = index_of().replace({"x0": evil, "y": evil}), TWINS.replace({"x0": evil})
    html = page(index, twins, title=evil)
    assert "<script" not in html
    assert html.count("&lt;script&gt;") >= 5


def test_a_cohort_without_twins_or_test_set(page):
    text = text_of(page(index_of(official_test=False), TWINS[:0]))
    assert "none of 16 images has an exact or near copy that the search finds." in text
    assert "There is no official test set among them." in text
    assert "Published split: nothing was published" in text
    assert "Twins, side by side" not in text
    assert "The data set does not say how old its patients are" in text


def test_a_test_set_that_was_drawn_for_a_publication(page):
    index = index_of(official_test=False)
    drawn = index[["image_id"]].assign(split=["test", "train"] * 8)
    text = text_of(page(index, drawn=drawn))
    assert "of the 8 test images that the published work draws, 1 has one in training or validation." in text
    assert "Across the test set: 1 pair x0 x, test x1 x, train" in text
    assert "The splits are those of the published work." in text


def test_demographics_are_shown(page):
    text = text_of(page(index_of().assign(sex=["f", "m"] * 8)))
    assert "Who is on each side, counted in images" in text
    assert "sex: f" in text


@pytest.mark.parametrize(
    ("guarantee", "sentence"),
    [
        ("patient", "only as well as they are kept"),
        ("lesion", "two lesions of one patient are not recognised"),
        ("study", "two examinations of one patient are not recognised"),
        ("near_duplicate", "No patient ids are known"),
    ],
)
def test_what_is_not_known_is_said(page, guarantee, sentence):
    text = text_of(page(guarantee=guarantee))
    assert sentence in text
    assert "smaller crops and other rotations are not" in text
    assert "do not publish it where their licence forbids that" in text


def test_pairs_are_sorted_by_what_makes_them_worth_a_look():
    index = pd.DataFrame(
        {"image_id": list("abcdefgh"), "label": list("xyxxxxxx"), "subject": [*"ppqr", *[None] * 4]}
    )
    pairs = [("a", "b"), ("c", "d"), ("e", "f"), ("g", "h"), ("e", "g")]
    twins = pd.DataFrame(pairs, columns=["first", "second"]).assign(similarity=[0.9, 0.9, 0.95, 0.94, 0.93])
    lists = sort_pairs(index, twins, {"a": "train", "b": "test", "e": "validation", "f": "test", "g": "test"})
    assert {title: [*zip(pairs["first"], pairs["flags"], strict=True)] for title, pairs in lists.items()} == {
        "different labels": [("a", ["different labels", "across the test set"])],
        "across the test set": [("e", ["across the test set"]), ("e", ["across the test set"])],
        "different published ids": [("c", ["different published ids"])],
        "all others": [("g", [])],
    }
    assert lists["across the test set"]["second"].tolist() == ["g", "f"]


def test_a_long_list_shows_its_least_similar_pairs(page):
    ends = [[f"{end}{n:02d}" for n in range(2 * MOST_PAIRS)] for end in "ab"]
    twins = pd.DataFrame({"first": ends[0], "second": ends[1], "kind": "near", "relation": "same"})
    twins["similarity"] = np.linspace(0.999, 0.9, len(twins))
    index = pd.DataFrame(
        {"image_id": ends[0] + ends[1], "label": "x", "subject": None, "official_split": None}
    )
    index["path"] = index["image_id"]
    text = text_of(page(index, twins))
    assert f"All others: {MOST_PAIRS} of {2 * MOST_PAIRS} pairs" in text
    assert "similarity 0.900" in text
    assert "similarity 0.999" not in text


def test_twins_across_training_and_validation_are_shown_where_there_is_no_test_set(page):
    index = index_of().replace({"official_split": {"test": "validation"}})
    text = text_of(page(index))
    assert "Groups that reach across the official splits" in text
    assert "across training and validation" in text
    assert "The splits are the official ones." in text


def test_a_fold_is_named(page):
    assert "Fold 2 of 5" in text_of(page(fold=2))
    assert "Fold" not in text_of(page())


HEADER_IDS = {
    "used": True,
    "message": "16 DICOM files name 4 patients in their headers; images are grouped by them",
    "images": 16,
    "images_with_study_alone": 0,
}


def test_what_dicom_headers_say_is_shown(page):
    text = text_of(page(header_ids=HEADER_IDS, guarantee="patient"))
    assert "16 DICOM files name 4 patients in their headers; images are grouped by them." in text
    assert "contradicts itself" not in text


def test_contradictions_are_shown_by_path(page):
    """Whether or not there are DICOM files."""
    torn = {
        "whole": "ids in the link table",
        "parts": "ids in the table or the file names",
        "ids": 3,
        "images": 12,
        "examples": ["ill/a.dcm", "ill/<b>.dcm"],
    }
    html = page(contradictions=[torn])
    assert "<code>ill/&lt;b&gt;.dcm</code>" in html
    assert (
        "Ids in the link table ids in the table or the file names 3 12 ill/a.dcm , ill/<b>.dcm"
    ) in text_of(html)


def test_ids_that_cannot_be_compared_qualify_the_guarantee(page):
    text = text_of(page(incomparable_ids="Such ids cannot be compared", guarantee="patient"))
    assert "or population. Such ids cannot be compared." in text


def test_ids_that_are_not_used_are_not_denied(page):
    text = text_of(page(header_ids={**HEADER_IDS, "used": False, "message": "these are not used"}))
    assert "these are not used." in text
    assert text.count("The headers of 16 DICOM files tell whose they are and are not used") == 2
    assert "names no patients" not in text
    assert "No patient ids are known" not in text


@pytest.fixture(scope="module")
def straddles():
    """What the check finds where six files in a row look alike, where none do, and where names tell them."""

    def check(alike, name="head ({number})"):
        rng = np.random.default_rng(0)
        patients = [
            cv2.GaussianBlur(rng.normal(size=(128, 128)).astype(np.float32), (0, 0), 6)
            for _ in range(120 // (6 if alike else 1))
        ]
        shown = np.stack(patients).repeat(120 // len(patients), axis=0)
        images = shown / shown.std() + rng.normal(size=shown.shape)
        thumbnails = np.clip(120 + 30 * images, 0, 255).astype(np.uint8)
        ids = [
            name.format(number=n, case=(n - 1) // 6, place=n % 6, other=7 * n % 121) for n in range(1, 121)
        ]
        index = pd.DataFrame({"image_id": ids, "path": [f"{name}.png" for name in ids], "label": "x"})
        index = index.assign(subject=None, official_split=None).astype("string")
        groups = pd.DataFrame({"image_id": ids, "group": ids})
        splits = pd.DataFrame({"image_id": ids, "split": ["train", "train", "validation", "test"] * 30})
        features = likeness_features(thumbnails)
        return {**straddle_check(index, features, groups, splits, permutations=999), "readings": []}

    named = {"named": check(True, "case_{case}'s_{place}"), "few": check(False, "case_{case}_{other}")}
    return {True: check(True), False: check(False), **named}


def test_an_order_is_told_with_the_line_that_groups_by_it(page, straddles):
    text = text_of(page(straddle=straddles[True]))
    assert "The names follow something." in text
    assert re.search(r"grouping: {sequence: \d+}", text)
    assert "with a training image within 5 file numbers" in text
    grouped = text_of(page(straddle=straddles[True], grouping=GroupingConfig(sequence=40)))
    assert "This split already keeps runs of 40 files together where no patient is known." in grouped


def test_a_part_of_names_is_offered_as_the_patient(page, straddles):
    text = text_of(page(straddle=straddles["named"]))
    assert "Files that share a part of their names as case_0 in case_0's_1 correlate by" in text
    assert r"add patient_pattern: '(case_\d+).*' to the cohort's block" in text
    assert "the name up to number 1 shared" in text
    assert "to the cohort's block; with any other, give a table" in text
    unwritten = {**straddles["named"], "part": {**straddles["named"]["part"], "pattern": None}}
    text = text_of(page(straddle=unwritten))
    assert "patient_pattern" not in text
    assert "If this part names the patient, say so: give a table with a column of patients." in text


def test_a_quote_in_a_pattern_is_written_as_yaml_has_it(straddles):
    part = {**straddles["named"]["part"], "pattern": r"(case_\d+'s).*"}
    key = offered_pattern({**straddles["named"], "part": part})
    assert yaml.safe_load(key) == {"patient_pattern": r"(case_\d+'s).*"}


def test_another_number_that_orders_the_files_is_offered(straddles):
    evidence = {**straddles[True]["order"], "number": 2}
    key = offered_grouping({**straddles[True], "order": evidence})
    assert yaml.safe_load(key)["grouping"]["number"] == 2
    assert "number" not in yaml.safe_load(offered_grouping(straddles[True]))["grouping"]
    assert offered_grouping({**straddles[True], "order": {**evidence, "run_length": None}}) is None


def test_what_tells_the_class_without_the_picture_is_named(page):
    border = Shortcut("border of the image", (), 12, 0.91, 0.84, 0.97, predicts=True)
    age = Shortcut("age", ("age",), 0, note="not known")
    text = text_of(page(shortcuts=[border, age]))
    assert "Something tells the class without the picture: border of the image." in text
    assert "0.910 0.840 to 0.970 12 tells the class" in text
    assert "Age — — 0 not known" in text
    sex = Shortcut("sex", ("sex",), 12, 0.5, 0.4, 0.6)
    assert "Nothing of what was looked at tells the class" in text_of(page(shortcuts=[age, sex]))
    assert "It could not be tested: see the remarks." in text_of(page(shortcuts=[age]))


def test_no_order_is_no_proof(page, straddles):
    text = text_of(page(straddle=straddles[False]))
    assert "No order was found. In the order that was tried, files that follow one another" in text
    assert "This does not show that no patient stands on two sides" in text
    assert "This check sees nothing where images of one patient lie far apart in the list" in text
    assert "grouping:" not in text
    several = text_of(page(straddle=straddles["few"]))
    assert "No order was found. In the orders that were tried, files that follow one another" in several
    assert "by number 2 in the name before all others" in several
    assert ", nor are files that share a part of their names." in several
    assert "nor are files" not in text


def test_too_few_numbers_cannot_be_tested(page):
    text = text_of(page())
    assert "It could not be tested: 0 of 16 images have a number" in text
    assert (
        "Half of the images and 50 pairs are needed. A table with a column order can tell the order." in text
    )


def test_too_few_pairs_keep_no_part_of_names_from_being_offered(page, straddles):
    text = text_of(page(straddle={**straddles["named"], "verdict": "not testable"}))
    assert "It could not be tested: 120 of 120 images have a number" in text
    assert "A table with a column order" not in text
    assert r"add patient_pattern: '(case_\d+).*' to the cohort's block" in text


@pytest.mark.parametrize(("p", "words"), [(0.6, "do not speak for"), (0.001, "speak for the coarser")])
def test_another_reading_is_judged_by_the_images(page, straddles, p, words):
    evidence = {"median": 0.75, "random": 0.7, "p": p, "pairs": 9}
    reading = {
        "reading": "subject_by_number",
        "same_finer": evidence,
        "same_coarser": evidence,
        "random": 0.6,
    }
    text = text_of(page(straddle={**straddles[True], "readings": [reading]}))
    assert f"The images {words}" in text


def test_exclusions_that_take_much_of_a_class_are_told(page):
    text = text_of(page())
    assert re.search(r"Exclusions .*\(x: 2 of \d \(\d+%\), its share of training goes from", text)
    assert "official_test: cut" in text
    assert "Exclusions" not in text_of(page(twins=TWINS[:1]))


def test_what_to_look_at_in_the_files_is_shown_and_escaped(page):
    html = page(file_warnings=["2 images are of one single grey (<b>.png)"])
    assert "2 images are of one single grey (&lt;b&gt;.png)" in html
    assert "What to look at in the files" not in page()


def said(x_first):
    """What a run says of four test images, two of each class."""
    images = ["xtest0", "xtest1", "ytest0", "ytest1"]
    table = pd.DataFrame({"image_id": images, "group": images, "split": "test", "label": list("xxyy")})
    return table.assign(p_x=[x_first, 0.8, 0.2, 0.4], p_y=[1 - x_first, 0.2, 0.8, 0.6])


def test_labels_that_networks_contradict_stand_beside_the_twins(page):
    runs = [("spatial", said(0.1)), ("concat", said(0.1)), ("concat", said(0.6))]
    html = page(suspicious={**doubted_labels(runs, ["x", "y"]), "older_runs": 1}, class_titles={"y": "ill"})
    section = html[html.index('id="labels"') :]
    text = text_of(section)
    assert "3 finished runs of concat and spatial said what 4 images show" in text
    assert "label: x (26.7 %) looks like: ill (73.3 %)" in text
    assert "contradicted by 2 of 3 runs: concat, spatial" in text
    assert "Nothing is left out for it" in text
    assert "1 earlier run was made on other files or labels, and not asked." in text
    assert section.count("data:image/jpeg") == 1


def test_the_most_contradicted_labels_are_shown_and_all_are_counted(page, monkeypatch):
    monkeypatch.setattr(audit_page, "MOST_LABELS", 1)
    found = doubted_labels(
        [("spatial", said(0.1).assign(p_x=[0.1, 0.9, 0.95, 0.1], p_y=[0.9, 0.1, 0.05, 0.9]))], ["x", "y"]
    )
    assert found["found"] == 2
    text = text_of(page(suspicious={**found, "older_runs": 0}))
    assert "1 of 2 images, the most contradicted first" in text
    assert "1 finished run of spatial said what 4 images show that it was not trained on" in text


def test_without_a_trained_network_it_is_said_how_labels_come_to_be_doubted(page):
    text = text_of(page())
    assert "No network has been trained on these files and labels" in text
    assert "kedro run --pipeline=heads_audit" in text
