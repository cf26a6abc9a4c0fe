import json
import os
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
from questions import SETTINGS, question_of

from s3f_pipeline.explanation.explain import explain
from s3f_pipeline.models import build_model
from s3f_pipeline.reporting.explanation_pictures import draw_explanation
from s3f_pipeline.results.decoding import decode
from s3f_pipeline.results.explanation import Explanation

RUN = {"cohort": "brisc", "protocol": "patient_safe", "variant": "x", "seed": 0, "fold": None}
SMALL = {"depths": (1, 1), "channels": 8}


def explained(variant, shape, outputs, *, options=None, **asked):
    """Explain a network as it begins, and draw it."""
    classes = ["ill", "well"] if outputs == 1 else list("abcdefg"[:outputs])

    def build():
        keras.utils.set_random_seed(7)
        return build_model(variant, shape, outputs, **(options or {}))

    question = question_of(build(), shape, classes, initial=build, **asked)
    content, arrays = explain(question)
    found = decode(Explanation, json.loads(json.dumps({**RUN, **content}, allow_nan=False)))
    pictures = draw_explanation(found, arrays, {name: name for name in classes})
    assert {each.file for each in found.shown} <= pictures.keys()
    begins = {".png": b"\x89PNG", ".svg": b"<?xml"}
    assert all(picture.startswith(begins[Path(name).suffix]) for name, picture in pictures.items())
    return found, arrays, pictures


@pytest.mark.parametrize(
    ("variant", "shape", "outputs", "options", "lacks"),
    [
        ("bilinear", (17, 20, 3), 1, {}, set()),
        ("gated", (16, 18, 1), 3, {}, set()),
        ("spatial", (16, 16, 1), 3, {}, {"branches", "filters"}),
        ("spectral_compact", (13, 10, 3), 3, {}, {"branches", "place"}),
        pytest.param("medmamba", (19, 25, 1), 1, SMALL, {"branches", "filters"}, marks=pytest.mark.long),
        ("resnet18", (15, 12, 3), 2, {}, {"branches", "filters"}),
    ],
)
def test_any_network_is_explained_and_says_what_it_lacks(variant, shape, outputs, options, lacks):
    found, _, pictures = explained(variant, shape, outputs, options=options)
    assert found.not_applicable.keys() == lacks
    assert (found.branches is None) == ("branches" in lacks)
    assert (found.place is None) == ("place" in lacks)
    assert (found.frequency.filters is None) == ("filters" in lacks)
    assert ("checks.svg" in pictures) == ("place" not in lacks)
    assert ("shares.svg" in pictures) == ("branches" not in lacks)
    assert len(found.images.sampled) == SETTINGS.images
    assert len(found.images.training) == SETTINGS.training_images


def test_a_filter_that_is_not_learned_is_as_it_was():
    found, arrays, _ = explained("random_filter", (16, 16, 1), 3)
    profile = found.frequency.filters["spectral_filter1"]
    assert profile.learned == profile.initial
    np.testing.assert_array_equal(arrays["learned_kernels"], arrays["initial_kernels"])
    assert "linear" in found.branches.influence.methods


def test_a_test_set_of_one_class_is_explained():
    found, _, _ = explained("concat", (16, 16, 1), 3, test_labels=1)
    assert {each.label for each in found.shown} == {"b"}
    assert list(found.frequency.saliency.per_class) == ["b"]
    assert list(found.branches.shares.l2.per_class) == ["b"]
    assert found.suspicious_labels.thresholds["a"] is None


def test_errors_have_neighbours_and_without_pictures_nothing_is_shown():
    found, arrays, pictures = explained("spatial", (16, 16, 1), 3)
    wrong = [each for each in found.shown if each.label != each.predicted]
    assert wrong
    assert all(len(each.neighbours) == 2 and each.neighbours_file in pictures for each in wrong)
    assert all(near.image_id in found.images.training for each in wrong for near in each.neighbours)
    assert arrays["neighbours"].shape == (len(wrong), 2, 16, 16, 1)
    nothing = dict(vars(SETTINGS), pictures=0)
    found, _, _ = explained("spatial", (16, 16, 1), 3, settings=type(SETTINGS)(**nothing))
    assert (found.shown, found.place) == ((), None)
    assert "explanation.pictures" in found.not_applicable["place"]


def test_the_same_question_has_the_same_answer():
    first, second = (explained("spatial", (16, 16, 1), 3) for _ in range(2))
    assert first[0] == second[0]
    assert first[2] == second[2]


@pytest.mark.long
def test_on_jax():
    """One network in a process of its own with the other backend."""
    chosen = "is_explained and gated and not jax"
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", __file__, "-k", chosen],
        env={**os.environ, "KERAS_BACKEND": "jax", "JAX_PLATFORMS": "cpu"},
        capture_output=True,
        text=True,
    )
    assert "1 passed" in done.stdout, done.stdout + done.stderr
