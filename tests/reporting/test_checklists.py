import dataclasses
from collections import Counter

import pytest

from s3f_pipeline.config.schema import CohortCard
from s3f_pipeline.reporting.answers import AUTHORS
from s3f_pipeline.reporting.checklists import (
    CHECKLISTS,
    Item,
    checklists_markdown,
    fill_checklists,
    read_items,
)
from s3f_pipeline.reporting.report import render_report
from s3f_pipeline.reporting.study import study_answers
from s3f_pipeline.text import BY_AUTHORS, in_markdown

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
PUBLISHED = {
    "claim_2024": [str(number) for number in range(1, 45)],
    "tripod_ai": [f"{number}{letter}" for number in range(1, 28) for letter in SUBITEMS.get(number, [""])],
}
SECTIONS = {
    "claim_2024": {
        "Title and abstract": 1,
        "Abstract": 1,
        "Introduction": 2,
        "Methods: study design": 2,
        "Methods: data": 7,
        "Methods: reference standard": 5,
        "Methods: data partitions": 2,
        "Methods: testing data": 1,
        "Methods: model": 3,
        "Methods: training": 3,
        "Methods: evaluation": 7,
        "Results: data": 2,
        "Results: model performance": 3,
        "Discussion": 2,
        "Other information": 3,
    },
    "tripod_ai": {
        "Title": 1,
        "Abstract": 1,
        "Introduction": 4,
        "Methods": 26,
        "Open science": 6,
        "Patient and public involvement": 1,
        "Results": 8,
        "Discussion": 5,
    },
}
"""Items of each section, as published; of TRIPOD+AI of the sections above its topics."""
OF_SOME_COHORTS = {"headers", "characteristics", "subgroups"}
"""Answers that the fixture does not have."""


def texts_of(report_data, number, checklist=0):
    (item,) = [item for item in fill_checklists(report_data)[checklist].items if item.number == number]
    return " ".join(answer.text for answer in item.answers)


def with_experiment(report_data, **changed):
    return dataclasses.replace(report_data, experiment={**report_data.experiment, **changed})


@pytest.mark.parametrize("checklist", CHECKLISTS)
def test_numbers_are_those_of_the_publication(checklist):
    assert [item.number for item in read_items(checklist)] == PUBLISHED[checklist]
    assert len(PUBLISHED[checklist]) == {"claim_2024": 44, "tripod_ai": 52}[checklist]


@pytest.mark.parametrize("checklist", CHECKLISTS)
def test_sections_are_those_of_the_publication(checklist):
    sections = [item.section for item in read_items(checklist)]
    if checklist == "tripod_ai":
        sections = [section.split(":")[0] for section in sections]
    assert Counter(sections) == SECTIONS[checklist]
    assert list(dict.fromkeys(sections)) == list(SECTIONS[checklist])


@pytest.mark.parametrize("checklist", CHECKLISTS)
def test_no_item_asks_for_nothing_or_for_what_another_asks(checklist):
    asked = [(item.section, item.asks) for item in read_items(checklist)]
    assert all(asks.strip() for _, asks in asked)
    assert len(set(asked)) == len(asked)


def test_an_item_says_what_is_left_to_the_authors(report_data):
    known = study_answers(report_data)
    plain = Item("1", "s", "a", ("design",))
    assert [answer.source == AUTHORS for answer in plain.filled(known).answers] == [False]
    nothing = Item("1", "s", "a").filled(known)
    assert [answer.text for answer in nothing.answers] == [BY_AUTHORS]
    always = dataclasses.replace(plain, left="more").filled(known)
    assert always.answers[-1].text == f"{BY_AUTHORS}: more"
    spared = dataclasses.replace(plain, left="more", unless="goal").filled(known)
    assert spared.by_authors == 0
    missed = dataclasses.replace(plain, left="more", unless="ethics").filled(known)
    assert missed.by_authors == 1


def test_no_field_is_empty_and_each_names_its_source(report_data):
    for checklist in fill_checklists(report_data):
        for item in checklist.items:
            assert item.answers
            for answer in item.answers:
                assert answer.text.strip()
                assert answer.source.strip()
                assert "None" not in answer.text
                assert "{" not in answer.text


def test_items_ask_for_answers_that_there_are(report_data):
    facts = set(report_data.cohort["card"])
    known = set(study_answers(report_data)) | facts | OF_SOME_COHORTS
    items = [item for checklist in CHECKLISTS for item in read_items(checklist)]
    asked = {name for item in items for name in item.answers}
    assert asked <= known
    assert {item.unless for item in items} - {""} <= asked
    unused = set(study_answers(report_data)) - asked - {"limitations"}
    assert unused == set()
    assert facts - asked == {"limitations"}  # it is among the doubts


def test_the_card_of_the_cohort_answers_and_what_nobody_says_is_left(report_data):
    claim = fill_checklists(report_data)[0]
    answers = {item.number: item.answers for item in claim.items}
    (population,) = [each for each in answers["7"] if each.text == "People with headaches."]
    assert population.source == "configuration, cohorts.brisc.card.population"
    assert [answer.text for answer in answers["15"]] == [BY_AUTHORS]
    assert claim.left_to_authors == sum(
        all(answer.source == AUTHORS for answer in given) for given in answers.values()
    )
    assert claim.left_to_authors > 3
    assert claim.left_in_part > 3


def test_facts_of_the_data_set_do_not_pass_for_those_of_the_study(report_data):
    card = CohortCard(ethics="Approved by a committee.", funding="A foundation.").model_dump()
    report = dataclasses.replace(report_data, cohort={**report_data.cohort, "card": card})
    assert "Of the data set: A foundation." in texts_of(report, "44")
    assert f"{BY_AUTHORS}: funding of this study" in texts_of(report, "44")
    assert "Of the data set: Approved" in texts_of(report, "17", 1)
    assert f"{BY_AUTHORS}: approval of this study" in texts_of(report, "17", 1)


@pytest.mark.parametrize("weights", ["imagenet", None])
def test_pretrained_weights_are_told(report_data, weights):
    config = {**report_data.training.config, "options": {"weights": weights}}
    training = dataclasses.replace(report_data.training, config=config)
    told = study_answers(dataclasses.replace(report_data, training=training))["initialisation"].text
    assert ("imagenet" in told) == bool(weights)


def with_training(report_data, weights=None, **settings):
    training = report_data.training
    changed = dataclasses.replace(
        training,
        config={**training.config, "training": {**training.config["training"], **settings}},
        class_weights=weights or training.class_weights,
    )
    return dataclasses.replace(report_data, training=changed)


def test_optimiser_loss_and_augmentation_are_told(report_data):
    told = texts_of(report_data, "25")
    assert "Adam minimised the cross-entropy in 3 epochs" in told
    assert "No augmentation." in told
    changed = {"weight_decay": 0.05, "ema": None, "augmentation": {"crop": 0.5, "flip": "none"}}
    told = texts_of(with_training(report_data, **changed), "25")
    assert "AdamW minimised" in told
    assert "ema none" in told
    assert "varied at random: crop 0.5." in told


def test_equal_weights_are_no_method_against_imbalance(report_data):
    assert "glioma 1.0201" in texts_of(report_data, "13", 1)
    equal = dict.fromkeys(report_data.training.class_weights, 1.0)
    assert "No method was used" in texts_of(with_training(report_data, equal), "13", 1)


@pytest.mark.parametrize(
    ("protocol", "told"),
    [
        ("patient_safe", "kept on one side"),
        ("leak_free", "kept on one side"),
        ("published", "the published split as it is"),
        ("leaking", "torn apart on purpose"),
    ],
)
def test_how_images_were_assigned_depends_on_the_protocol(report_data, protocol, told):
    assert told in texts_of(with_experiment(report_data, protocol=protocol), "19")


@pytest.mark.parametrize("split", ["validation", "test"])
def test_validation_images_tune_where_they_chose_the_epoch(report_data, split):
    report = with_experiment(report_data, selection_split=split)
    assert ("validation images tune" in texts_of(report, "19")) == (split == "validation")


def test_phantoms_do_not_pass_for_the_data_set(report_data):
    report = with_experiment(report_data, synthetic=True)
    assert "https://example.org/images" in texts_of(report_data, "7")
    for number in ("7", "43"):
        assert "https://example.org/images" not in texts_of(report, number)
    assert "No image of it was used" in texts_of(report, "7")
    filled = fill_checklists(report)
    assert "no medical meaning" in checklists_markdown(filled, "title", synthetic=True)
    assert "no medical meaning" not in checklists_markdown(filled, "title", synthetic=False)


def test_page_and_file_hold_every_item(report_data):
    page, file = (
        render_report(report_data),
        checklists_markdown(fill_checklists(report_data), "a <title> | x", synthetic=False),
    )
    for checklist in CHECKLISTS:
        for item in read_items(checklist):
            assert f"| {item.number} | {item.section} | {item.asks} |" in file
            assert f'<th scope="row">{item.number}</th>' in page
    assert "# Checklists of a \\<title\\> \\| x" in file


def test_what_users_wrote_is_text_in_the_file(report_data):
    card = CohortCard(population="*all* <b>people</b> | x").model_dump()
    report = dataclasses.replace(report_data, cohort={**report_data.cohort, "card": card})
    file = checklists_markdown(fill_checklists(report), "title", synthetic=False)
    assert in_markdown("*all* <b>people</b> | x") in file
    assert "<b>" not in file
