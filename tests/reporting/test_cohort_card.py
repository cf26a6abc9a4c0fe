import dataclasses

import pytest

from s3f_pipeline.config.schema import CohortCard
from s3f_pipeline.reporting.cohort_card import CohortCardData, write_cohort_card
from s3f_pipeline.text import BY_AUTHORS


@pytest.fixture
def data(report_data):
    return CohortCardData(
        cohort={**report_data.cohort, "card": CohortCard(population="People *like* us.").model_dump()},
        synthetic=False,
        provenance={"source": "archive x.zip", "date": "2026-01-02"},
        quality=report_data.quality,
        audit=report_data.audit,
        split_summary=report_data.split_summary,
        guarantee={"test": {"glioma": {"patient": 60}}},
        demographics={"splits": ["train", "test"], "rows": [{"name": "Images", "values": ["4", "7"]}]},
    )


def test_it_says_what_the_audit_knows(data):
    card = write_cohort_card(data)
    for told in (
        "Source: https://example.org/images",
        "Licence: CC BY 4.0",
        "Obtained: archive x.zip, 2026-01-02",
        "6,203 files found, 6,201 read, 2 rejected",
        "| glioma | 254 | 1,147 | 1,401 |",
        "| 512 × 498 | 5,007 |",
        f"| Images with an exact or near copy | {data.audit.groups.images_with_twin:,} |",
        "| train | 4,201 | 4,102 | 2,051 |",
        "| by patient | 60 |",
        "| has a twin in the test set | 58 |",
        "No patient has images on two sides",
        "| Images | 4 | 7 |",
    ):
        assert told in card


def test_no_field_is_empty_and_text_is_text(data):
    card = write_cohort_card(data)
    assert "Population: People \\*like\\* us." in card
    assert f"Ethics: {BY_AUTHORS}" in card
    assert "None" not in card


def test_copies_with_other_labels_are_listed(data):
    torn = dataclasses.replace(
        data.audit.contradictory_labels, groups=1, images=2, twin_sets=({"x": "glioma", "y": "pituitary"},)
    )
    audit = dataclasses.replace(data.audit, contradictory_labels=torn)
    assert "- x (glioma), y (pituitary)" in write_cohort_card(dataclasses.replace(data, audit=audit))


def test_phantoms_have_no_patients_and_do_not_pass_for_the_data_set(data):
    card = write_cohort_card(dataclasses.replace(data, synthetic=True))
    assert "no medical meaning" in card
    assert "People" not in card
    assert "https://example.org/images" not in card
    assert "CC BY 4.0" not in card


def test_a_data_set_without_an_official_split_has_no_figures_of_one(data):
    quality = {**data.quality, "classes": {"glioma": {"none": 6201}}}
    card = write_cohort_card(dataclasses.replace(data, quality=quality))
    assert "| Class | No official split | Images |" in card
    assert "Groups on more than one official split" not in card
    assert "Groups on more than one official split" in write_cohort_card(data)


def test_sizes_that_are_not_listed_are_counted(data):
    quality = {**data.quality, "sizes": data.quality["sizes"][:1]}
    assert "| other sizes | 1,194 |" in write_cohort_card(dataclasses.replace(data, quality=quality))
    assert "other sizes" not in write_cohort_card(data)


def test_facts_have_readable_names(data):
    card = write_cohort_card(data)
    assert f"De-identification: {BY_AUTHORS}" in card
    assert f"Not meant for: {BY_AUTHORS}" in card


def test_the_checksum_of_the_files_is_told_where_it_is_known(data):
    provenance = {**data.provenance, "sha256": "c0ffee"}
    card = write_cohort_card(dataclasses.replace(data, provenance=provenance))
    assert "Checksum (SHA-256): c0ffee" in card
    assert "Checksum" not in write_cohort_card(data)
