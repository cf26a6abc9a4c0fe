import errno
import hashlib
import resource
from collections import Counter
from contextlib import contextmanager

import cv2
import numpy as np
import pandas as pd
import pytest

from s3f_pipeline.acquisition.phantoms import draw_phantoms
from s3f_pipeline.acquisition.phantoms.cases import plan_cases
from s3f_pipeline.acquisition.phantoms.patients import SLICES, Slice, draw_slice, known_slices, plan_images
from s3f_pipeline.acquisition.phantoms.scenes.breasts import draw_breast, draw_mask
from s3f_pipeline.acquisition.phantoms.scenes.heads import draw_head
from s3f_pipeline.cohorts import add_links, check_subjects, list_files, read_links
from s3f_pipeline.config.schema import CohortConfig, LinkConfig, PhantomsConfig
from s3f_pipeline.errors import AcquisitionError
from s3f_pipeline.images.decode import decode, to_grey
from s3f_pipeline.images.phash import perceptual_hash
from s3f_pipeline.images.thumbnails import halve, thumbnail
from s3f_pipeline.splits.settings import TwinSettings
from s3f_pipeline.splits.twins import find_twins

FEW = PhantomsConfig(images_per_class={"train": 4, "test": 3}, seed=3)
OWN = {"name": "own", "title": "own", "raw_folder": "own", "image_size": 64, "classes": ("a", "b", "c")}
TABLE = {"file": "images.csv", "path": "image", "label": "diagnosis", "patient": "who", "split": "set"}
COHORTS = {
    "folders": CohortConfig(**OWN, layout="folders", color="rgb"),
    "table": CohortConfig(**OWN, layout="table", color="grey", table=TABLE),
    "parquet": CohortConfig(**OWN, layout="table", color="grey", table={"file": "tables/images.parquet"}),
}
OFFICIAL = {"train": 4, "test": 3}
WITH_VALIDATION = {"train": 4, "validation": 1, "test": 3}
SPLITS = {
    "brisc": OFFICIAL,
    "chest": WITH_VALIDATION,
    "busi": {},
    "ham": OFFICIAL,
    "breastmnist": WITH_VALIDATION,
    "bloodmnist": WITH_VALIDATION,
    "organcmnist": WITH_VALIDATION,
    "dermamnist_reconstructed": WITH_VALIDATION,
    "folders": {},
    "table": OFFICIAL,
    "parquet": {},
}


@pytest.fixture
def cohort(load_config, request):
    return COHORTS.get(request.param) or load_config().cohort(request.param)


def listing(folder, cohort):
    return list_files(cohort.layout, folder, cohort.classes, cohort.table)


def digests(folder):
    return {
        path.relative_to(folder): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file() and path.suffix not in (".npz", ".json")
    } | {
        (path.name, name): hashlib.sha256(array.tobytes()).hexdigest()
        for path in folder.rglob("*.npz")
        for name, array in np.load(path).items()
    }


@pytest.mark.parametrize(("cohort", "splits"), SPLITS.items(), indirect=["cohort"], ids=SPLITS)
def test_readers_list_what_was_drawn(tmp_path, cohort, splits):
    drawn = draw_phantoms(tmp_path / "raw", cohort, FEW)
    table = listing(tmp_path / "raw", cohort)
    check_subjects(table, cohort.subject)
    assert len(table) == drawn
    counts = Counter(zip(table["label"], table["official_split"].fillna("none"), strict=True))
    expected = splits or {"none": 7}
    assert counts == {(label, split): n for label in cohort.classes for split, n in expected.items()}


@pytest.mark.parametrize("cohort", ["brisc", "chest", "busi", "ham", "dermamnist", "table"], indirect=True)
def test_the_same_seed_draws_the_same_images(tmp_path, cohort):
    for name, seed in {"a": 3, "b": 3, "c": 4}.items():
        draw_phantoms(tmp_path / name, cohort, FEW.model_copy(update={"seed": seed}))
    assert digests(tmp_path / "a") == digests(tmp_path / "b") != digests(tmp_path / "c")


@pytest.mark.parametrize("cohort", ["busi", "folders"], indirect=True)
def test_planted_twins_are_found_and_no_others(tmp_path, cohort):
    folder = tmp_path / "raw"
    draw_phantoms(folder, cohort, FEW)
    table = listing(folder, cohort)
    files = [(folder / path).read_bytes() for path in table["path"]]
    greys = [to_grey(decode(data, cohort.color).pixels) for data in files]
    table["sha256"] = [hashlib.sha256(data).hexdigest() for data in files]
    twins = find_twins(table, np.stack([thumbnail(grey) for grey in greys]), TwinSettings(6, 0.9))
    label = table.set_index("image_id")["label"]
    pairs = sorted(zip(twins["first"].map(label), twins["second"].map(label), strict=True))
    within = [(name, name) for name in cohort.classes]
    assert pairs == sorted([*within, cohort.classes[:2]])


def test_plans_plant_leaks_across_official_splits():
    cases = plan_cases(["a", "b"], {"train": 6, "validation": 1, "test": 4}, views=True)
    assert [case.number for case in cases] == list(range(22))
    across = Counter()
    for case in cases:
        source = cases[case.drawing]
        assert (source.kind, source.drawing, source.subject) == ("drawing", case.drawing, case.subject)
        assert source.label == case.label
        across[case.kind, source.split, case.split] += source.split != case.split
    assert +across == {("copy", "train", "test"): 2, ("view", "train", "test"): 2}


def test_plans_without_official_splits_plant_a_contradiction():
    cases = plan_cases(["a", "b"], {"all": 5})
    copies = [(case.label, case.drawn_as) for case in cases if case.kind == "copy"]
    assert sorted(copies) == [("a", "a"), ("b", "a"), ("b", "b")]


MANY = PhantomsConfig(images_per_class={"train": 24, "test": 8}, seed=3)


@pytest.fixture(scope="module")
def drawn_brisc(tmp_path_factory, brisc):
    folder = tmp_path_factory.mktemp("phantoms") / "raw"
    draw_phantoms(folder, brisc, MANY)
    return folder


def test_phantoms_of_brisc_have_patients_by_a_table_of_their_own(drawn_brisc, brisc):
    table = list_files("brisc", drawn_brisc, brisc.classes)
    images = [cv2.imread(str(drawn_brisc / path), cv2.IMREAD_GRAYSCALE) for path in table["path"]]
    index = table.assign(phash=[perceptual_hash(halve(image[..., None])[..., 0]) for image in images])
    linked = add_links(index, read_links(drawn_brisc / brisc.link.table))
    assert linked.others == 0
    index = linked.index.assign(subject=linked.subject)
    known = index.groupby("label")["subject"].agg(["count", "size"])
    assert known["count"]["no_tumor"] == 0
    tumours = known.drop(index="no_tumor")
    assert (tumours["count"] > tumours["size"] / 2).all()
    assert (tumours["count"] < tumours["size"]).all()
    patients = index.dropna(subset="subject").groupby("subject")
    assert patients["label"].nunique().max() == 1
    assert patients.size().median() >= SLICES
    assert (patients["official_split"].nunique() == 2).mean() > 0.5


def test_mirrored_phantoms_are_the_exact_mirror_encoded_again(drawn_brisc, brisc):
    links = read_links(drawn_brisc / brisc.link.table).set_index("image")
    orientation = pd.read_csv(drawn_brisc / brisc.link.table).set_index("image")["orientation"]
    paths = {path.stem: path for path in drawn_brisc.rglob("*.jpg")}

    def pixels(name):
        return cv2.imread(str(paths[name]), cv2.IMREAD_GRAYSCALE).astype(float)

    mirrored = orientation.index[orientation == "mirrored"]
    assert len(mirrored) >= len(brisc.classes) - 1
    for name in mirrored:
        same = links.index[(links["subject"] == links["subject"][name]) & (orientation == "same")]
        differences = [np.abs(pixels(other)[:, ::-1] - pixels(name)).mean() for other in same]
        assert min(differences) < 3


def test_slices_of_a_patient_are_related_but_not_the_same_picture():
    first, second, other = (
        draw_slice(Slice("glioma", *numbers), 0)[::4, ::4].ravel() for numbers in [(0, 0), (0, 1), (3, 0)]
    )
    related, strange = np.corrcoef(first, second)[0, 1], np.corrcoef(first, other)[0, 1]
    assert strange < related < 0.98


@pytest.mark.parametrize("counts", [(4, 3), (6, 3), (24, 8), (120, 40), (1, 1)])
@pytest.mark.parametrize("label", ["glioma", "no_tumor"])
def test_plans_of_patients_have_the_counts_that_are_asked_for(counts, label):
    train, test = counts
    images = plan_images(label, PhantomsConfig(images_per_class={"train": train, "test": test}, seed=0))
    assert Counter(image.split for image in images) == {"train": train, "test": test}
    for image in images:
        if image.of is not None:
            source = images[image.of]
            assert (source.kind, source.shows) == ("drawing", image.shows)
        if image.kind == "copy":
            assert (image.split, images[image.of].split) == ("test", "train")


def test_the_second_data_set_shows_patients_of_the_first(tmp_path, cheng, brisc):
    assert draw_phantoms(tmp_path / "raw", cheng, MANY) == sum(
        len(known_slices(label, MANY)) for label in cheng.classes
    )
    table = list_files("cheng", tmp_path / "raw", cheng.classes)
    draw_phantoms(tmp_path / "brisc", brisc, MANY)
    assert set(table["subject"]) == set(read_links(tmp_path / "brisc" / brisc.link.table)["subject"])


def test_phantoms_that_no_other_cohort_shows_have_an_empty_table(tmp_path):
    link = LinkConfig(to="other", table="tables/links.csv")
    draw_phantoms(tmp_path / "raw", COHORTS["folders"].model_copy(update={"link": link}), FEW)
    assert read_links(tmp_path / "raw/tables/links.csv").empty


def test_a_copy_is_never_copied_from_itself_in_the_smallest_cohort():
    for case in plan_cases(["a", "b"], {"all": 2}):
        assert (case.kind == "drawing") == (case.drawing == case.number)


def test_tumours_are_bright():
    def bright(label):
        heads = [draw_head(label, "ax", np.random.default_rng(seed)) for seed in range(5)]
        return np.mean([(cv2.erode(head, np.ones((7, 7))) > 190).sum() for head in heads])

    assert bright("meningioma") > 100 > bright("no_tumor")


@pytest.mark.parametrize("label", ["benign", "malignant"])
def test_masks_outline_the_dark_lesion(label):
    image, mask = (draw(label, np.random.default_rng(5)) for draw in (draw_breast, draw_mask))
    assert image[mask == 255].mean() < 0.5 * image[mask == 0].mean()
    assert not draw_mask("normal", np.random.default_rng(5)).any()


def test_a_medmnist_archive_of_another_size(load_config, tmp_path):
    block = load_config().cohort("breastmnist").model_copy(update={"inside": "breastmnist_64.npz"})
    draw_phantoms(tmp_path / "raw", block, FEW)
    with np.load(tmp_path / "raw/breastmnist_64.npz") as arrays:
        assert arrays["train_images"].shape[1:] == (64, 64)
    unknown = block.model_copy(update={"inside": "pathmnist.npz"})
    with pytest.raises(AcquisitionError, match=r"No phantoms are known of pathmnist\.npz"):
        draw_phantoms(tmp_path / "other", unknown, FEW)


def test_both_splits_are_needed():
    with pytest.raises(ValueError, match="images of 'test' are missing"):
        PhantomsConfig(images_per_class={"train": 3}, seed=0)


@contextmanager
def files_of_at_most(size):
    """As on a disk that is full, no file can be written beyond some bytes."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("cohort", ["brisc", "ham", "breastmnist", "parquet"], indirect=True)
def test_what_cannot_be_written_to_its_end_leaves_nothing_behind(tmp_path, cohort):
    """The largest file does not fit."""
    draw_phantoms(tmp_path / "whole", cohort, FEW)
    largest = max(path.stat().st_size for path in (tmp_path / "whole").rglob("*") if path.is_file())
    with files_of_at_most(largest - 1), pytest.raises(OSError, match="File too large") as caught:
        draw_phantoms(tmp_path / "raw", cohort, FEW)
    assert caught.value.errno == errno.EFBIG
    assert [path.name for path in tmp_path.iterdir()] == ["whole"]
