import base64
import dataclasses
import json
import re
from collections.abc import Mapping
from html.parser import HTMLParser

import jinja2
import pytest
from explanation_files import of_maps
from hypothesis import given
from hypothesis import strategies as st

from s3f_pipeline.evaluation.metrics import compute_metrics
from s3f_pipeline.mappings import dotted
from s3f_pipeline.reporting.page import _environment
from s3f_pipeline.reporting.report import render_report
from s3f_pipeline.results.decoding import decode
from s3f_pipeline.results.explanation import MapMethod
from s3f_pipeline.results.metrics import Openings, SplitMetrics
from s3f_pipeline.results.splits import Excluded
from s3f_pipeline.results.training import Imported, Overlap

VOID = {"meta", "link", "img", "br"}


class Page(HTMLParser):
    """The visible text of a page, its elements, and whether every element is closed."""

    def __init__(self, html):
        super().__init__()
        self.elements, self.words, self._open = [], [], []
        self.feed(html)
        self.close()
        assert self._open == []
        self.text = re.sub(r"\s+", " ", " ".join(self.words))

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag):
        assert self._open.pop() == tag

    def handle_data(self, data):
        if self._open and self._open[-1] != "style":
            self.words.append(data)

    def all(self, tag):
        return [attributes for name, attributes in self.elements if name == tag]


def changed(report_data, **parts):
    """The report's data with some keys of some parts replaced, or whole parts that are typed."""
    return dataclasses.replace(
        report_data,
        **{
            name: {**getattr(report_data, name), **part} if isinstance(part, dict) else part
            for name, part in parts.items()
        },
    )


def without(mapping, key):
    return {name: value for name, value in mapping.items() if name != key}


def render(report_data, **parts):
    return Page(render_report(changed(report_data, **parts)))


def test_refers_to_nothing_outside_itself(report_data):
    html = render_report(report_data)
    addresses = re.findall(r"""(?:src|href|srcset|action|data|poster)\s*=\s*["']?([^"'\s>]+)""", html)
    assert addresses
    assert all(re.match(r"(#[\w-]+|data:.*)$", address) for address in addresses)
    assert not re.search(r"<script|<iframe|@import|url\(", html)
    assert "https://doi.org/10.1000/example" in html  # the citation, as plain text
    assert "default-src 'none'" in html


def test_links_lead_somewhere(report_data):
    page = render(report_data)
    ids = {attributes.get("id") for _, attributes in page.elements}
    assert {link["href"].removeprefix("#") for link in page.all("a")} <= ids


def test_holds_its_pictures_with_a_description(report_data):
    images = render(report_data).all("img")
    shown = [base64.b64decode(image["src"].split(",")[1]) for image in images]
    gallery = report_data.gallery
    examples = [picture for each in gallery.examples for picture in each.pictures]
    errors = [error.picture for error in gallery.errors]
    expected = [*examples, *report_data.figures.values(), *errors, *report_data.pictures.values()]
    assert sorted(shown) == sorted(expected)
    assert all(len(image["alt"]) > 30 for image in images)
    kinds = {image["src"].partition(";")[0] for image in images}
    assert kinds == {"data:image/jpeg", "data:image/png", "data:image/svg+xml"}


def test_tables_can_be_read_aloud_and_scroll_on_their_own(report_data):
    page = render(report_data)
    assert all(header["scope"] in ("row", "col") for header in page.all("th"))
    scrolling = [block for block in page.all("div") if block.get("class") == "scroll"]
    assert len(scrolling) == len(page.all("table")) + len(page.all("figure"))
    assert len(page.all("caption")) == len(page.all("table"))
    assert all(block["tabindex"] == "0" and block["aria-label"] for block in scrolling)


def numbers(tree):
    """Numbers in nested mappings and lists, as the report writes them."""
    if isinstance(tree, Mapping):
        return {text for key, value in tree.items() if key != "schema_version" for text in numbers(value)}
    if isinstance(tree, list):
        return {text for value in tree for text in numbers(value)}
    if isinstance(tree, bool) or not isinstance(tree, int | float):
        return set()
    return {f"{tree:,}" if isinstance(tree, int) else f"{tree:.4f}"}


@pytest.mark.parametrize("part", ["quality", "audit", "split_summary", "training", "metrics", "cohort"])
def test_every_number_appears(report_data, part):
    page = render(report_data)
    written = set(re.findall(r"\d[\d.,]*\d|\d", page.text))
    data = getattr(report_data, part)
    differently_written = {  # 1.3 %, 0.95, 0.9 and 13 min: see the next test
        "quality": {"0.0130"}, "audit": {"0.9500", "0.9000"}, "training": {"754.2000"}
    }.get(part, set())  # fmt: skip
    tree = json.loads(json.dumps(dataclasses.asdict(data) if dataclasses.is_dataclass(data) else data))
    assert numbers(tree) - differently_written <= written


def test_numbers_that_are_written_in_their_own_way(report_data):
    text = render(report_data).text
    metrics = report_data.metrics
    assert f"{100 * metrics.accuracy:.1f} %" in text
    assert f"{100 * metrics.intervals['accuracy'].low:.1f} %" in text
    assert "1.3 %" in text
    assert "unexplained 6 local_similarity 0.9" in text
    assert "13 min" in text
    assert "64 × 65 × 32" in text
    assert "512 × 498" in text


def test_history_and_provenance_appear(report_data):
    text = render(report_data).text
    assert all(f"{value:.4f}" in text for value in report_data.history["selection_weighted_f1"])
    assert all(str(value) in text for key, value in dotted(report_data.provenance) if key != "git_dirty")
    assert "with uncommitted changes" not in text


def test_says_when_the_code_was_not_committed_and_the_run_not_logged(report_data):
    text = render(report_data, provenance={"git_dirty": True, "mlflow_run_id": None}).text
    assert "3f1c9e0b with uncommitted changes" in text
    assert "none when this report was written" in text


@pytest.mark.parametrize("selected_on_test", [True, False])
@pytest.mark.parametrize("synthetic", [True, False])
def test_banners_appear_exactly_when_due(report_data, selected_on_test, synthetic):
    experiment = {"selected_on_test": selected_on_test, "synthetic": synthetic}
    page = render(report_data, experiment=experiment)
    assert ("Selected on test" in page.text) is selected_on_test
    assert ("Synthetic phantoms, no medical meaning" in page.text) is synthetic
    notes = [block for block in page.all("div") if block.get("role") == "note"]
    assert len(notes) == selected_on_test + synthetic


@pytest.mark.parametrize(
    ("overlap", "why", "sentence"),
    [
        (Overlap(1198, 311, 17, 5), None, "Of 1,198 test images, 311 are official training images"),
        (None, "it was drawn <at> random", "Which ones is not known: it was drawn <at> random."),
    ],
)
def test_a_network_that_was_trained_elsewhere_says_so_at_the_top(report_data, overlap, why, sentence):
    origin = Imported("a<b>.keras", "f" * 64, "3.8.0", "bilinear_sn1", overlap, why)
    training = dataclasses.replace(
        report_data.training, imported=origin, epochs_run=0, selected_epoch=0, selected_value=None
    )
    figures = {name: png for name, png in report_data.figures.items() if name != "history"}
    page = render(
        dataclasses.replace(report_data, training=training, history=report_data.history[:0], figures=figures),
        experiment={"selected_on_test": True},
    )
    assert "Trained elsewhere" in page.text
    assert sentence in page.text
    assert "Its training images may be in this test set" in page.text
    assert "Written by Keras 3.8.0" in page.text
    assert "a<b>.keras" in page.text
    assert "The network of epoch" not in page.text
    assert "one training run" not in page.text
    assert len([block for block in page.all("div") if block.get("role") == "note"]) == 1


@pytest.mark.parametrize(
    ("guarantee", "sentence"),
    [
        ("patient", "No patient has images on two sides"),
        ("lesion", "No lesion has images on two sides"),
        (
            "near_duplicate",
            "No image has a copy on another side of the split that the search for twins finds",
        ),
    ],
)
def test_names_the_guarantee_of_the_split_and_no_other(report_data, guarantee, sentence):
    counts = {"test": {"glioma": {guarantee: 7}}}
    text = render(report_data, experiment={"guarantee": counts}).text
    assert sentence in text
    found = set(re.findall(r"No (?:patient|lesion|image) has", text))
    assert found == {re.match(r"No \w+ has", sentence)[0]}


def test_a_published_split_guarantees_nothing(report_data):
    text = render(
        report_data, experiment={"protocol": "published", "guarantee": {"test": {"glioma": {"none": 7}}}}
    ).text
    assert "No patient has" not in text
    assert "73 of 1,009 test images have an exact or near copy in training or validation" in text


def test_a_note_on_the_network_is_shown(report_data):
    assert "About the network" not in render(report_data).text
    text = render(report_data, experiment={"network_note": "An interpretation."}).text
    assert "About the network: An interpretation." in text


def test_an_unknown_guarantee_is_refused(report_data):
    with pytest.raises(KeyError, match="whatever"):
        render(report_data, experiment={"guarantee": {"test": {"glioma": {"whatever": 7}}}})


def test_a_mixed_guarantee_is_counted_in_words_and_by_side_and_class(report_data):
    counts = {
        "train": {"glioma": {"patient": 700, "sequence": 40}, "no_tumor": {"near_duplicate": 200}},
        "test": {"glioma": {"patient": 60}},
    }
    page = render(report_data, experiment={"guarantee": counts})
    assert (
        "Of 1,000 images, 760 (76%) by patient: no two images of one known patient are on two sides; 40"
        in page.text
    )
    assert (
        "No patient is known of 240 of 940 train images: from these, images are kept apart by runs of "
        "files and near-duplicates only." in page.text
    )
    assert "train glioma 0 40 700" in page.text
    assert "train no_tumor 200 0 0" in page.text
    assert "test glioma 0 0 60" in page.text


def test_verdict_says_what_came_out(report_data):
    text = render(report_data).text
    metrics = report_data.metrics
    correct = sum(metrics.confusion_matrix[i][i] for i in range(3))
    assert "tell glioma, no_tumor and pituitary apart?" in text
    assert f"Of 60 test images it named {correct} correctly" in text
    assert "60 test images of 556 known patients in 60 groups of images that belong together" in text


def test_renders_without_a_validation_split(report_data):
    without_validation = dataclasses.replace(report_data.split_summary, validation=None)
    data = dataclasses.replace(report_data, split_summary=without_validation)
    text = render(data, experiment={"selection_split": "test"}).text
    assert "There is no validation split" in text
    assert "5,399 used" in text


def test_the_flow_counts_what_is_used(report_data):
    text = render(report_data).text
    for step in ("6,203 files found", "6,201 read", "2 rejected", "6,142 used", "58 excluded"):
        assert step in text


def test_renders_without_published_figures(report_data):
    text = render(report_data, cohort={"published": []}).text
    assert "No published figures are recorded" in text
    assert "(published)" not in text


def test_published_figures_stand_with_their_condition(report_data):
    text = render(report_data).text
    assert "epoch chosen on the test set" in text
    assert "patient_safe, one run, epoch chosen on the validation set" in text


def test_published_figures_may_be_incomplete(report_data):
    rows = [{"model": "ResNet-18", "accuracy": 0.8631, "note": "mean of three runs"}]
    text = render(report_data, cohort={"published": rows}).text
    assert "ResNet-18 (published) 0.8631 — — — — — — mean of three runs" in text


def test_lists_at_most_fifty_leaking_groups(report_data):
    text = render(report_data).text
    assert len(re.findall(r"a-\d\d, b-\d\d", text)) == 50
    assert "50 groups that reach across the official splits (23 more in leakage_audit.json)" in text


def test_a_group_of_many_images_lists_some(report_data):
    audit = report_data.audit
    many = dataclasses.replace(
        audit.listed_groups[0],
        image_ids=tuple(f"slice-{number}" for number in range(60)),
        labels=("glioma",) * 59 + ("pituitary",),
        official_splits=("train",) * 40 + ("test",) * 20,
    )
    text = render(report_data, audit=dataclasses.replace(audit, listed_groups=(many,))).text
    assert "train 40, test 20" in text
    assert "glioma 59, pituitary 1" in text
    assert "slice-0, slice-1, slice-2, slice-3 and 56 more" in text


def test_the_comparison_is_linked_where_there_is_one(report_data):
    page = render(report_data)
    assert "--pipeline=brisc_compare" in page.text
    assert not [link for link in page.all("a") if "comparison.html" in link["href"]]
    page = render(report_data, has_comparison=True)
    assert "../../comparison.html" in {link["href"] for link in page.all("a")}


def test_examples_of_every_class_and_the_surest_errors_are_shown(report_data):
    text = render(report_data).text
    for number in range(3):
        assert f"example-{number}" in text
    assert "23 test images got a wrong name" in text
    assert "glioma , called pituitary (91.4 %) wrong-1" in text
    gallery = dataclasses.replace(report_data.gallery, errors=(), all_errors=0)
    assert "No test image got a wrong name" in render(report_data, gallery=gallery).text


def test_a_clean_cohort_lists_no_groups(report_data, audit_of):
    text = render(report_data, audit=audit_of(torn=0, kept=1, single=9)).text
    assert "one by one" not in text


def test_names_are_escaped(report_data):
    evil = "<script>alert('x')</script>"
    html = render_report(
        changed(
            report_data,
            cohort={
                "title": evil,
                "citation": evil,
                "source": evil,
                "published": [{"model": evil, "note": evil}],
            },
            experiment={"variant": evil, "network_title": evil, "network_note": evil, "protocol_title": evil},
            quality={"rejected": [{"path": evil, "reason": evil}]},
            split_summary=dataclasses.replace(
                report_data.split_summary, excluded=Excluded(images=1, reasons={evil: 1}, warning=None)
            ),
            provenance={"command": evil, "versions": {evil: evil}},
        )
    )
    assert "<script" not in html
    assert html.count("&lt;script&gt;") >= 9


def test_positive_class(report_data, predictions):
    classes = report_data.cohort["classes"]
    metrics = decode(SplitMetrics, compute_metrics(predictions, classes, positive_class="glioma"))
    text = render(report_data, cohort={"positive_class": "glioma"}, metrics=metrics).text
    assert "Detection of glioma" in text
    assert f"{metrics.positive.specificity:.4f}" in text
    assert "Sensitivity" not in render(report_data).text.replace("Sensitivity against", "")


def test_intervals_that_are_not_to_be_relied_on_have_a_star(report_data):
    interval = dataclasses.replace(report_data.metrics.intervals["macro_f1"], flag=None)
    intervals = {**report_data.metrics.intervals, "macro_f1": interval}
    metrics = dataclasses.replace(report_data.metrics, intervals=intervals)
    ends = f"{interval.low:.4f} to {interval.high:.4f}"
    assert f"{ends} *" not in render(report_data, metrics=metrics).text
    flagged = dataclasses.replace(interval, flag="too few for this interval")
    metrics = dataclasses.replace(report_data.metrics, intervals={**intervals, "macro_f1": flagged})
    text = render(report_data, metrics=metrics).text
    assert f"{ends} *" in text
    assert "* too few for this interval" in text


def test_a_class_without_test_images(report_data, predictions):
    classes = report_data.cohort["classes"]
    present = predictions[predictions["label"] != "pituitary"]
    metrics = decode(SplitMetrics, compute_metrics(present, classes))
    text = render(report_data, metrics=metrics).text
    assert "No image of class pituitary" in text
    assert "AUC, macro — — 0.5000" in text


def test_missing_data_is_an_error_and_not_a_gap(report_data):
    data = dataclasses.replace(report_data, provenance=without(report_data.provenance, "backend"))
    with pytest.raises(jinja2.UndefinedError, match="backend"):
        render_report(data)


def test_what_dicom_headers_say_is_shown(report_data):
    told = {"message": "3 DICOM files name 2 patients", "used": True}
    assert "3 DICOM files name 2 patients." in render(report_data, quality={"header_ids": told}).text


def test_the_look_is_told_beside_the_figures(report_data):
    told = "Test set opened for the 13th time by this network, for the 47th by any network"
    assert told in render(report_data).text
    first = render(report_data, test_openings=Openings(1, 1)).text
    assert "Test set opened" not in first
    assert "The test images were looked at for the first time" in first
    text = render(report_data, test_openings=Openings(None, None)).text
    assert "Test set opened for an unknown number of times" in text


def test_exclusions_that_take_much_of_a_class_are_told(report_data):
    assert "Exclusions x loses much." in render(report_data).text
    excluded = dataclasses.replace(report_data.split_summary.excluded, warning=None)
    summary = dataclasses.replace(report_data.split_summary, excluded=excluded)
    assert "Exclusions" not in render(report_data, split_summary=summary).text


def test_what_to_look_at_in_the_files_is_shown(report_data):
    text = render(report_data, quality={"warnings": ["60 images are like masks"]}).text
    assert "60 images are like masks" in text
    assert "60 images are like masks" not in render(report_data).text


@given(st.text(st.characters(), max_size=40))
def test_any_text_is_text_in_a_page(text):
    page = _environment().from_string('<p title="{{ text }}">{{ text }}</p>').render(text=f"</p>{text}")
    assert page.count("<") == 2
    assert len(page.splitlines()) == 1
    page.encode()


def test_a_page_says_no_password(monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://me:swordfish@host")
    page = _environment().from_string("{{ text }}").render(text="kedro run --x=http://me:swordfish@host")
    assert page == "kedro run --x=http://host"


def test_classes_are_called_by_their_titles_everywhere(report_data):
    titles = {"no_tumor": "no tumour", "glioma": "a glioma"}
    before, after = render(report_data).text, render(report_data, cohort={"class_titles": titles}).text
    assert "no_tumor" in before
    assert "no_tumor" not in after
    assert after.count("no tumour") == before.count("no_tumor")


def explained(report_data, **parts):
    """The page with some parts of the explanation replaced."""
    return render(report_data, explanation=dataclasses.replace(report_data.explanation, **parts))


def test_the_explanation_says_what_size_and_use_of_branches_are_worth(report_data):
    text = render(report_data).text
    assert "By size, the spatial branch has 29.5 % of the balanced score" in text
    assert "owes 96.7 % to the spatial branch and 3.3 % to the spectral branch" in text
    assert "The two disagree" in text
    assert "81.6 %" in text
    assert "0.3519" in text


def test_what_a_network_does_not_have_is_said_in_words(report_data):
    reasons = {"branches": "It has one branch.", "place": "It has no maps.", "filters": "It has no filters."}
    frequency = dataclasses.replace(report_data.explanation.frequency, filters=None)
    page = explained(
        report_data, branches=None, place=None, frequency=frequency, shown=(), not_applicable=reasons
    )
    assert all(reason in page.text for reason in reasons.values())
    assert "Size of the vectors" not in page.text


def test_maps_stand_beside_what_they_are_worth(report_data):
    text = render(report_data).text
    assert "Grad-CAM passes both tests" in text
    assert "The map by Grad-CAM is empty" in text
    place = report_data.explanation.place
    bad = decode(MapMethod, of_maps(passes=False, better=False))
    untested = dataclasses.replace(bad, trusted=None)
    methods = {"grad_cam": bad, "grad_cam_plus_plus": untested}
    text = explained(report_data, place=dataclasses.replace(place, methods=methods)).text
    assert "Grad-CAM is not to be trusted here: its maps stay as alike" in text
    assert "matters no more to the network than places at random" in text
    assert "Grad-CAM++ could not be tested" in text


def test_errors_stand_beside_their_neighbours_and_labels_to_look_at_are_listed(report_data):
    text = render(report_data).text
    assert "Surest wrong of glioma: called no_tumor (61.4 %). Image shown-image-0" in text
    assert "Nearest training images: no_tumor: train-1 of group patient-7" in text
    assert "1 of 1,873 validation and test images" in text
    assert "image-9" in text
    nothing = dataclasses.replace(report_data.explanation.suspicious_labels, found=0, listed=())
    assert (
        "None of 1,873 validation and test images" in explained(report_data, suspicious_labels=nothing).text
    )
