import re

import numpy as np
import pandas as pd
import pytest

from s3f_pipeline.reporting.audit import MOST_PAIRS, AuditData, choose_pairs, render_audit
from s3f_pipeline.splits.audit import leakage_audit
from s3f_pipeline.splits.demographics import demographics
from s3f_pipeline.splits.groups import make_groups
from s3f_pipeline.splits.patient_safe import patient_safe_split
from s3f_pipeline.splits.published import published_split
from s3f_pipeline.splits.summary import split_summary
from s3f_pipeline.splits.twins import TwinSettings

SETTINGS = TwinSettings(hash_radius=16, tangent_similarity=0.95, local_similarity=0.9)
TWINS = pd.DataFrame(
    [
        ("x0", "x1", "near", 2, 0.99),
        ("x2", "xtest0", "near", 4, 0.93),
        ("x3", "y3", "exact", 0, 1.0),
    ],
    columns=["first", "second", "kind", "hamming", "similarity"],
)


def index_of(official_test=True):
    rows = [(f"{label}{n}", label, None, "train") for label in "xy" for n in range(6)]
    rows += [(f"{label}test{n}", label, None, "test") for label in "xy" for n in range(2)]
    index = pd.DataFrame(rows, columns=["image_id", "label", "group", "official_split"]).astype("string")
    index["path"] = index["image_id"]
    return index if official_test else index.assign(official_split=pd.NA)


@pytest.fixture
def page():
    def render(index=None, twins=TWINS, synthetic=False, title="Heads", **columns):
        index = (index_of() if index is None else index).assign(**columns)
        groups = make_groups(index, twins)
        has_test = index["official_split"].notna().all()
        splits = patient_safe_split(
            index, groups, validation_share=0.2, test_share=0.2, seed=0, contradictory="exclude"
        )
        audit = leakage_audit(
            index,
            groups,
            twins,
            cohort="heads",
            guarantee="near_duplicate",
            settings=SETTINGS,
            published=published_split(index, groups, selection_split="test") if has_test else None,
            why_none=None if has_test else "nothing was published",
        )
        return render_audit(
            AuditData(
                cohort={"name": "heads", "title": title, "licence": "CC BY 4.0", "citation": "A & B"},
                synthetic=synthetic,
                guarantee="near_duplicate",
                audit=audit,
                index=index,
                thumbnails=np.zeros((len(index), 128, 128), np.uint8),
                twins=twins,
                split_summary=split_summary(index, splits),
                demographics=demographics(index, splits),
            )
        )

    return render


def text_of(html):
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def test_the_verdict_can_be_quoted(page):
    text = text_of(page())
    assert "6 of 16 images have an exact or near copy in the data set, in 3 groups." in text
    assert "Of 4 official test images 1 have one in the official training set." in text
    assert "names no patients" in text


def test_the_page_refers_to_nothing_outside_itself(page):
    html = page()
    assert not re.search(r"""(?:src|href)\s*=\s*["'](?!data:|#)""", html)
    assert "<script" not in html


def test_twins_are_shown_side_by_side(page):
    html = page()
    assert html.count("data:image/jpeg") == 6
    text = text_of(html)
    assert "different labels" in text
    assert "across the test set" in text
    assert "near, similarity 0.930" in text


def test_phantoms_are_marked(page):
    assert "Synthetic phantoms, no medical meaning" in page(synthetic=True)
    assert "Synthetic phantoms" not in page()


def test_text_is_escaped(page):
    assert "<b>bold</b>" not in page(title="<b>bold</b>")


def test_a_cohort_without_twins_or_test_set(page):
    text = text_of(page(index_of(official_test=False), TWINS[:0]))
    assert "none of 16 images has an exact or near copy that the search finds." in text
    assert "The data set has no official test set." in text
    assert "Published split: nothing was published" in text
    assert "Twins, side by side" not in text


def test_readings_and_demographics_are_shown(page):
    patients = [f"p{n // 2}" for n in range(16)]
    text = text_of(page(group=patients, group_by_kind=patients, sex=["f", "m"] * 8))
    assert "as used here" in text
    assert "by kind" in text
    assert "sex: f" in text


def test_the_most_notable_pairs_come_first():
    index = pd.DataFrame(
        {
            "image_id": [f"i{n:03d}" for n in range(200)],
            "label": ["x"] * 198 + ["y"] * 2,
            "official_split": ["train"] * 150 + ["test"] * 50,
        }
    )
    pairs = [(f"i{2 * n:03d}", f"i{2 * n + 1:03d}", "near", 1, 0.9 + n / 1000) for n in range(95)]
    pairs += [("i000", "i199", "near", 1, 0.999), ("i001", "i160", "near", 1, 0.998)]
    twins = pd.DataFrame(pairs, columns=["first", "second", "kind", "hamming", "similarity"])
    chosen = choose_pairs(index, twins)
    assert len(chosen) == MOST_PAIRS
    assert chosen["second"].tolist()[:3] == ["i199", "i160", "i001"]
