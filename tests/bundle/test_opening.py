import json
import re
from contextlib import suppress

import made_bundles
import numpy as np
import published_files
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from s3f_pipeline.bundle.contents import CHECKSUMS, MODEL, PREPROCESSING
from s3f_pipeline.bundle.opening import open_bundle
from s3f_pipeline.bundle.references import FILES
from s3f_pipeline.errors import BundleError, S3FError, WeightsError


@pytest.fixture
def copy(bundle, tmp_path):
    return made_bundles.copy(bundle, tmp_path)


def test_a_bundle_says_what_its_network_needs(bundle):
    opened = open_bundle(bundle)
    says = opened.preprocessing
    assert says.input.shape == made_bundles.SHAPE
    assert says.classes == made_bundles.CLASSES
    assert says.trained_on.licence == "CC BY 4.0"
    assert says.decisions.temperature > 0
    assert says.decisions.conformal.level == 0.9
    assert set(says.decisions.conformal.marginal) == {"a", "b"}
    assert opened.references.features.shape == (40, says.references.features)
    assert sum(says.references.grey_levels) == pytest.approx(1)


def test_the_network_is_the_one_that_was_put_in(bundle):
    images = made_bundles.images_of(3, seed=5)
    outputs = open_bundle(bundle).network(images)
    expected = made_bundles.network()(images.astype(np.float32) / 255, training=False)
    assert outputs.probabilities == pytest.approx(np.asarray(expected), abs=1e-6)
    assert np.linalg.norm(outputs.features, axis=1) == pytest.approx(1)


def test_the_checksum_is_that_of_the_content(bundle, copy, tmp_path):
    assert open_bundle(copy).checksum == open_bundle(bundle).checksum
    made_bundles.edit_preprocessing(copy, lambda content: content.update(name="another"))
    assert open_bundle(copy).checksum != open_bundle(bundle).checksum


def test_a_folder_that_is_none(tmp_path):
    with pytest.raises(BundleError, match="There is no folder"):
        open_bundle(tmp_path / "nowhere")
    with pytest.raises(BundleError, match=r"is no bundle: it has no checksums\.json"):
        open_bundle(tmp_path)


@pytest.mark.parametrize("name", [PREPROCESSING, MODEL, "model_card.md", "example/image.png", *FILES])
def test_a_flipped_bit_is_found_in_every_file(copy, name):
    path = copy / name
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(BundleError, match=rf"{re.escape(str(path))} is not what it was"):
        open_bundle(copy)


@pytest.mark.parametrize("name", [PREPROCESSING, MODEL, "LICENCE.txt", "example/probabilities.json", *FILES])
def test_a_missing_file_is_named(copy, name):
    (copy / name).unlink()
    with pytest.raises(BundleError, match=rf"{re.escape(str(copy / name))} is missing"):
        open_bundle(copy)


def test_checksums_may_not_leave_a_file_out(copy):
    content = json.loads((copy / CHECKSUMS).read_text())
    del content["sha256"][MODEL]
    (copy / CHECKSUMS).write_text(json.dumps(content))
    with pytest.raises(BundleError, match=r"has no checksum of model\.keras"):
        open_bundle(copy)


def test_checksums_do_not_reach_outside_of_the_folder(copy):
    content = json.loads((copy / CHECKSUMS).read_text())
    (copy.parent / "other").write_text("other")
    content["sha256"]["../other"] = "0" * 64
    (copy / CHECKSUMS).write_text(json.dumps(content))
    with pytest.raises(BundleError, match=r"other is missing"):
        open_bundle(copy)


@pytest.mark.parametrize(
    ("edit", "told"),
    [
        (lambda c: c.update(schema_version=2), "schema version 2, .* Install the release that wrote it"),
        (lambda c: c.pop("schema_version"), "schema version None"),
        (lambda c: c.update(classes=["a", "c"]), "conformal sets are of other classes"),
        (lambda c: c.update(classes=["a", "a"]), "named twice"),
        (lambda c: c.pop("classes"), "classes is missing"),
        (lambda c: c.update(positive_class="a"), "positive_class is not the second of two classes"),
        (lambda c: c["input"].update(color="blue"), "color is 'blue'"),
        (lambda c: c["input"].update(image_size=[10**9, 10**9]), "image_size is 1000000000x"),
        (lambda c: c["input"].update(image_size=[16]), "image_size has 1 values"),
        (lambda c: c["input"].update(resampling="linear"), "resampling is 'linear'"),
        (lambda c: c["decisions"].update(temperature=-1.0), "temperature is -1.0"),
        (lambda c: c["decisions"].update(temperature="warm"), "temperature must be a number"),
        (lambda c: c["references"].update(images=7), r"training_features\.npy has the shape \(40, "),
        (lambda c: c["references"].update(neighbours=0), "neighbours is 0"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_whatever_the_checksums_say(copy, edit, told):
    made_bundles.edit_preprocessing(copy, edit)
    with pytest.raises(BundleError, match=told):
        open_bundle(copy)


def test_a_renamed_class_does_not_fit_the_example(copy):
    def rename(content):
        content["classes"] = ["a", "c"]
        content["class_titles"] = {}
        for sets in ("marginal", "by_class"):
            conformal = content["decisions"]["conformal"]
            conformal[sets] = {"a": conformal[sets]["a"], "c": conformal[sets]["b"]}

    made_bundles.edit_preprocessing(copy, rename)
    with pytest.raises(BundleError, match=r"probabilities\.json has the classes a, b, .* has a, c"):
        open_bundle(copy)


def test_a_network_of_another_training_does_not_fit_the_example(copy):
    made_bundles.network(seed=1).save(copy / MODEL)
    made_bundles.renew(copy, MODEL)
    with pytest.raises(BundleError, match="It is another network, or computes wrongly here"):
        open_bundle(copy).network  # noqa: B018


def test_a_network_of_another_shape_is_refused(copy):
    made_bundles.network(outputs=3).save(copy / MODEL)
    made_bundles.renew(copy, MODEL)
    with pytest.raises(BundleError, match=r"has outputs of shape \(3,\), but .* says .*\(2,\)"):
        open_bundle(copy).load_model()


def test_a_file_that_is_no_network_is_refused(copy):
    (copy / MODEL).write_bytes(b"import os")
    made_bundles.renew(copy, MODEL)
    with pytest.raises(WeightsError, match=r"is damaged, or no \.keras file"):
        open_bundle(copy).network  # noqa: B018


def rewrite(bundle, edit):
    """Change the configuration of a network, checksums included."""
    published_files.edit_config(bundle / MODEL, edit)
    made_bundles.renew(bundle, MODEL)


def test_a_network_that_would_fill_the_memory_is_refused(copy):
    def edit(config):
        dense = next(layer for layer in config["config"]["layers"] if layer["name"] == "logits")
        dense["config"]["units"] = 10**9

    rewrite(copy, edit)
    with pytest.raises(
        BundleError, match=r"holds 5,\d{3},\d{3} bytes of weights, but its layers need 2,052,"
    ):
        open_bundle(copy).load_model()


def test_a_network_that_would_run_code_is_refused(copy):
    def edit(config):
        code = {"class_name": "__lambda__", "config": {"value": ["4wAAAAA=", None, None]}}
        relu = next(layer for layer in config["config"]["layers"] if layer["class_name"] == "ReLU")
        relu.update(class_name="Lambda", config={"name": relu["name"], "function": code})

    rewrite(copy, edit)
    with pytest.raises(BundleError, match="cannot be loaded as a network"):
        open_bundle(copy).load_model()


def test_an_archive_with_more_than_a_network_is_refused(copy):
    published_files.replace(copy / MODEL, "../../evil.py", b"import os")
    made_bundles.renew(copy, MODEL)
    with pytest.raises(WeightsError, match="which the file of a network does not"):
        open_bundle(copy).load_model()


def test_pickles_are_not_read(copy):
    np.save(copy / FILES[1], np.array([{"a": 1}], dtype=object), allow_pickle=True)
    made_bundles.renew(copy, FILES[1])
    with pytest.raises(BundleError, match=r"training_hashes\.npy has the shape \(1,\) and type object"):
        open_bundle(copy)


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=st.sampled_from([PREPROCESSING, CHECKSUMS, "example/probabilities.json", *FILES]), data=st.data())
def test_any_content_is_a_bundle_or_one_message(bundle, tmp_path_factory, name, data):
    """Bytes cut out, put in or changed, with checksums that fit."""
    copy = made_bundles.copy(bundle, tmp_path_factory.mktemp("fuzzed"))
    content = (copy / name).read_bytes()
    start = data.draw(st.integers(0, len(content)))
    end = data.draw(st.integers(start, min(start + 40, len(content))))
    (copy / name).write_bytes(content[:start] + data.draw(st.binary(max_size=8)) + content[end:])
    if name != CHECKSUMS:
        made_bundles.renew(copy, name)
    with suppress(S3FError):
        open_bundle(copy)
