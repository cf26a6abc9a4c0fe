import itertools
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from s3f_pipeline.errors import ImageError
from s3f_pipeline.splits.geometry import ORIENTATIONS, RELATIONS, turned
from s3f_pipeline.splits.groups import connected
from s3f_pipeline.splits.twins import find_twins

HEADS = range(8)


def found(twins):
    return set(zip(twins["first"], twins["second"], twins["kind"], strict=True))


@pytest.fixture(scope="module")
def heads(slice_of_head):
    return {f"a{head}": slice_of_head(head) for head in HEADS}


def test_finds_exactly_the_planted_near_twins(distortion, heads, indexed, settings):
    copies = {f"b{head}": distortion(heads[f"a{head}"]) for head in HEADS}
    twins = find_twins(*indexed(heads | copies), settings)
    assert found(twins) == {(f"a{head}", f"b{head}", "near") for head in HEADS}
    assert twins["similarity"].between(0.9, 1).all()
    assert (twins["relation"] == "same").all()


@pytest.mark.parametrize("orientation", range(1, ORIENTATIONS))
def test_finds_turned_and_mirrored_copies_of_distorted_images(
    orientation, heads, distortions, indexed, settings
):
    kinds = itertools.cycle(["jpeg_40", "offset", "crop_2", "half_size"])
    copies = {
        f"b{head}": np.ascontiguousarray(turned(distortions[kind](heads[f"a{head}"]), orientation))
        for head, kind in zip(HEADS, kinds, strict=False)
    }
    twins = find_twins(*indexed(heads | copies), settings)
    assert found(twins) == {(f"a{head}", f"b{head}", "near") for head in HEADS}
    assert set(twins["relation"]) == {RELATIONS[orientation]}


@pytest.mark.parametrize("share", [0.9, 0.93, 0.97])
def test_finds_crops_from_anywhere(share, heads, indexed, settings):
    rng = np.random.default_rng(0)
    copies = {}
    for head in HEADS:
        picture = heads[f"a{head}"]
        height, width = (round(share * length) for length in picture.shape)
        top, left = rng.integers(0, picture.shape[0] - height), rng.integers(0, picture.shape[1] - width)
        copies[f"b{head}"] = np.ascontiguousarray(picture[top : top + height, left : left + width])
    twins = find_twins(*indexed(heads | copies), settings)
    assert found(twins) == {(f"a{head}", f"b{head}", "near") for head in HEADS}


def test_a_symmetric_head_is_no_mirrored_twin_of_another(slice_of_head, indexed, settings):
    halves = {f"a{head}": slice_of_head(head)[:, :88] for head in HEADS}
    symmetric = {name: np.concatenate([half, half[:, ::-1]], axis=1) for name, half in halves.items()}
    assert find_twins(*indexed(symmetric), settings).empty


def test_neighbouring_slices_are_candidates_but_no_twins(heads, slice_of_head, indexed, settings):
    neighbours = {f"b{head}": slice_of_head(head, depth=0.3) for head in HEADS}
    cohort = indexed(heads | neighbours)
    unverified = find_twins(*cohort, replace(settings, local_similarity=-1))
    assert found(unverified) >= {(f"a{head}", f"b{head}", "near") for head in HEADS}
    assert find_twins(*cohort, settings).empty


def test_equal_files_are_exact_twins_of_the_first(heads, distortions, indexed, settings):
    head = heads["a0"]
    images = {"c": head, "b": head, "a": head, "d": distortions["jpeg_90"](head), "e": heads["a1"]}
    twins = find_twins(*indexed(images), settings)
    assert found(twins) == {("a", "b", "exact"), ("a", "c", "exact"), ("a", "d", "near")}
    exact = twins[twins["kind"] == "exact"]
    assert (exact["relation"] == "same").all()
    assert (exact["similarity"] == 1).all()


def test_order_of_rows_does_not_matter(heads, distortions, indexed, settings):
    copies = {f"b{head}": distortions["crop_2"](heads[f"a{head}"]) for head in HEADS}
    index, thumbnails = indexed(heads | copies | {"c": heads["a0"]})
    order = np.random.default_rng(0).permutation(len(index))
    pd.testing.assert_frame_equal(
        find_twins(index, thumbnails, settings),
        find_twins(index.iloc[order], thumbnails[order], settings),
    )


def test_thumbnails_may_be_memory_mapped(tmp_path, heads, distortions, indexed, settings):
    index, thumbnails = indexed({"a": heads["a0"], "b": distortions["darker"](heads["a0"])})
    np.save(tmp_path / "thumbnails.npy", thumbnails)
    mapped = np.load(tmp_path / "thumbnails.npy", mmap_mode="r")
    assert found(find_twins(index, mapped, settings)) == {("a", "b", "near")}


@pytest.mark.parametrize("shape", [(20, 20), (208, 176)])
def test_blank_images_are_no_near_twins(shape, indexed, settings):
    blank = {str(level): np.full(shape, level, np.uint8) for level in (0, 1, 128, 255)}
    assert find_twins(*indexed(blank), settings).empty


def test_one_image_has_no_twin(heads, indexed, settings):
    assert find_twins(*indexed({"a": heads["a0"]}), settings).empty


def test_thumbnails_of_another_cohort_are_refused(heads, indexed, settings):
    index, thumbnails = indexed(heads)
    with pytest.raises(ImageError, match=r"do not fit the index: their shape is \(7, 128, 128\)"):
        find_twins(index, thumbnails[1:], settings)


def test_large_families_of_two_forms_find_each_other(slice_of_head, indexed, settings):
    rng = np.random.default_rng(0)

    def copies(name, picture):
        noisy = (picture + rng.normal(0, 2, picture.shape) for _ in range(6))
        return {
            f"{name} {number}": np.clip(image, 0, 255).astype(np.uint8) for number, image in enumerate(noisy)
        }

    images = {}
    for head in range(6):
        whole = slice_of_head(head)
        images |= copies(f"{head} whole", whole) | copies(f"{head} crop", whole[8:-8, 7:-7])
    index, thumbnails = indexed(images)
    families = pd.Series(connected(index, find_twins(index, thumbnails, settings)))
    head_of = index["image_id"].str[0]
    assert families.nunique() == 6
    assert (families.groupby(head_of).nunique() == 1).all()
