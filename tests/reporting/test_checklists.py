import dataclasses

import pytest

from s3f_pipeline.reporting.checklists import LEFT, checklists_markdown, fill_checklists
from s3f_pipeline.reporting.claim import CLAIM
from s3f_pipeline.reporting.report import render_report
from s3f_pipeline.reporting.study import study_answers
from s3f_pipeline.reporting.tripod import TRIPOD

SUBITEMS = {
    3: "abc",
    5: "ab",
    6: "abc",
    8: "abc",
    9: "abc",
    12: "abcdefg",
    18: "abcdef",
    20: "abc",
    23: "ab",
    27: "abc",
}


def test_numbers_are_those_of_the_publications():
    assert [item[0] for item in CLAIM] == [str(number) for number in range(1, 45)]
    expected = [f"{number}{letter}" for number in range(1, 28) for letter in SUBITEMS.get(number, [""])]
    assert [item[0] for item in TRIPOD] == expected
    assert len(expected) == 52


def test_no_field_is_empty_and_each_names_its_source(report_data):
    for checklist in fill_checklists(report_data):
        for item in checklist.items:
            assert item.answers
            for answer in item.answers:
                assert answer.text.strip()
                assert answer.source.strip()
                assert "None" not in answer.text


def test_items_ask_for_answers_that_there_are(report_data):
    facts = set(report_data.cohort["card"])
    known = set(study_answers(report_data)) | facts | {"headers", "characteristics", "subgroups"}
    asked = {name for items in (CLAIM, TRIPOD) for item in items for name in item[3]}
    assert asked <= known
    unused = set(study_answers(report_data)) - asked - {"limitations"}
    assert unused == set()


def test_the_card_of_the_cohort_answers_and_what_nobody_says_is_left(report_data):
    claim = fill_checklists(report_data)[0]
    answers = {item.number: item.answers for item in claim.items}
    (population,) = [each for each in answers["7"] if each.text == "People with headaches."]
    assert population.source == "configuration, cohorts.brisc.card.population"
    assert answers["34"] == (LEFT,)
    assert claim.left_to_authors == sum(given == (LEFT,) for given in answers.values()) > 3


@pytest.mark.parametrize("weights", ["imagenet", None])
def test_pretrained_weights_are_told(report_data, weights):
    config = {**report_data.training.config, "options": {"weights": weights}}
    training = dataclasses.replace(report_data.training, config=config)
    told = study_answers(dataclasses.replace(report_data, training=training))["initialisation"].text
    assert ("imagenet" in told) == bool(weights)


def test_page_and_file_hold_every_item(report_data):
    page, file = (
        render_report(report_data),
        checklists_markdown(fill_checklists(report_data), "a <title> | x"),
    )
    for items in (CLAIM, TRIPOD):
        for number, section, asks, _ in items:
            assert f"| {number} | {section} | {asks} |" in file
            assert f'<th scope="row">{number}</th>' in page
    assert "# Checklists of a \\<title\\> \\| x" in file
