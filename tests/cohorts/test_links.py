import cv2
import numpy as np
import pandas as pd
import pytest

from s3f_pipeline.acquisition.phantoms import draw_phantoms
from s3f_pipeline.acquisition.phantoms.scenes.heads import draw_head
from s3f_pipeline.cohorts import add_links, find_table, list_files, read_links, report_links
from s3f_pipeline.cohorts.links import HASH_BITS, SHIPPED
from s3f_pipeline.config.schema import PhantomsConfig
from s3f_pipeline.errors import CohortError
from s3f_pipeline.images.phash import perceptual_hash
from s3f_pipeline.images.thumbnails import halve

HEADER = "image,subject,phash"


def write(path, *rows, header=HEADER):
    path.write_text("\n".join([header, *rows]) + "\n")
    return path


def index_of(**hashes):
    index = pd.DataFrame({"image_id": list(hashes), "phash": list(hashes.values())})
    return index.assign(subject=pd.Series(pd.NA, index=index.index, dtype="string"))


def hash_of(image):
    return perceptual_hash(halve(image[..., None])[..., 0])


def test_the_raw_folder_comes_before_what_ships(tmp_path):
    assert find_table("brisc_patients.csv", tmp_path) == SHIPPED / "brisc_patients.csv"
    own = write(tmp_path / "brisc_patients.csv")
    assert find_table("brisc_patients.csv", tmp_path) == own
    with pytest.raises(CohortError, match=r"neither in .* nor one of those that ship.*brisc_patients\.csv"):
        find_table("mine.csv", tmp_path)


def test_a_name_alone_is_not_enough(tmp_path):
    zeros, near, far = "0" * 16, f"{(1 << HASH_BITS) - 1:016x}", f"{(1 << (HASH_BITS + 1)) - 1:016x}"
    path = write(tmp_path / "t.csv", *(f"{name},p-{name},{zeros}" for name in "abc"), f"gone,p,{zeros}")
    linked = add_links(index_of(a=zeros, b=near, c=far, d=zeros), read_links(path))
    assert list(linked.subject.fillna("")) == ["p-a", "p-b", "", ""]
    assert (linked.named, linked.others, linked.linked) == (3, 1, 2)
    assert linked.warning("t.csv").startswith("1 of 3 images carry a name of the table t.csv but are other")
    report = report_links(linked, path, tmp_path)
    assert (report["from"], report["linked"]) == ("raw folder", 2)


def test_a_table_of_other_images_is_not_used(tmp_path):
    path = write(tmp_path / "t.csv", *(f"{name},p,{'0' * 16}" for name in "abc"))
    linked = add_links(index_of(a="0" * 16, b="f" * 16, c="f" * 16), read_links(path))
    assert linked.linked == linked.subject.count() == 0
    assert "no image gets a subject" in linked.warning("t.csv")


def test_names_that_the_table_does_not_have(tmp_path):
    linked = add_links(index_of(x="0" * 16), read_links(write(tmp_path / "t.csv")))
    assert linked.linked == 0
    assert linked.warning("t.csv").startswith("No image carries a name of the table t.csv")


def test_ids_of_the_data_set_itself_stay_beside_and_further_columns_come(tmp_path):
    """A row that is confirmed but names nobody counts for nobody."""
    rows = [f"a,p1,{'0' * 16},61,north,Doe", f"b,,{'0' * 16},,,"]
    path = write(tmp_path / "t.csv", *rows, header=f"{HEADER},age,site,name")
    index = index_of(a="0" * 16, b="0" * 16)
    index.loc[0, "subject"] = "own"
    found = add_links(index, read_links(path))
    linked = found.index
    assert list(linked["subject"].fillna("")) == ["own", ""]
    assert list(found.subject.fillna("")) == ["p1", ""]
    assert found.linked == 1
    assert (linked["age"][0], linked["site"][0]) == (61, "north")
    assert "name" not in linked


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        (["a,p,12"], "whose phash is none: 1 of 1"),
        (["a,p," + "0" * 16] * 2, "listed twice"),
        ([",p," + "0" * 16], "without an image"),
    ],
)
def test_damaged_tables_are_refused(tmp_path, rows, words):
    with pytest.raises(CohortError, match=words):
        read_links(write(tmp_path / "t.csv", *rows))


def test_the_shipped_table_is_small_and_sound():
    table = read_links(SHIPPED / "brisc_patients.csv")
    assert (len(table), table["subject"].nunique()) == (4532, 204)
    assert not table["image"].str.contains("_no_|_nt_").any()
    assert not table["subject"].str.contains("[A-Za-z]$").any()
    assert (SHIPPED / "brisc_patients.csv").stat().st_size < 400_000
    assert (SHIPPED / "README.md").is_file()


def test_phantoms_with_the_names_of_brisc_get_no_ids_from_the_shipped_table(tmp_path, brisc):
    draw_phantoms(tmp_path / "raw", brisc, PhantomsConfig(images_per_class={"train": 20, "test": 5}, seed=0))
    table = list_files("brisc", tmp_path / "raw", brisc.classes)
    images = (cv2.imread(str(tmp_path / "raw" / path), cv2.IMREAD_GRAYSCALE) for path in table["path"])
    index = table.assign(phash=[hash_of(image) for image in images])
    index["image_id"] = read_links(SHIPPED / "brisc_patients.csv")["image"].iloc[: len(index)]
    linked = add_links(index, read_links(SHIPPED / "brisc_patients.csv"))
    assert (linked.named, linked.linked) == (len(index), 0)


@pytest.mark.parametrize("quality", [90, 40])
@pytest.mark.parametrize("size", [64, 128, 224, 512])
def test_copies_in_other_sizes_and_qualities_are_confirmed(quality, size):
    for seed in range(20):
        head = draw_head("glioma", "ax", np.random.default_rng(seed))
        copy = cv2.resize(head, (size, size), interpolation=cv2.INTER_AREA)
        copy = cv2.imdecode(cv2.imencode(".jpg", copy, [cv2.IMWRITE_JPEG_QUALITY, quality])[1], 0)
        assert (int(hash_of(head), 16) ^ int(hash_of(copy), 16)).bit_count() <= HASH_BITS


def test_a_subject_is_spelt_in_one_way(tmp_path):
    path = write(
        tmp_path / "t.csv", *(f"{name},{p},{'0' * 16}" for name, p in zip("ab", ["7", "7.0"], strict=True))
    )
    assert list(read_links(path)["subject"]) == ["7", "7"]
    write(path, *(f"{name},{p},{'0' * 16}" for name, p in zip("ab", ["p7", "P07"], strict=True)))
    with pytest.raises(CohortError, match=r"the column subject of .*t\.csv .*P07 and p7"):
        read_links(path)


def test_names_are_one_composed_and_decomposed(tmp_path):
    path = write(tmp_path / "ta\u0308.csv", f"o\u0308,p,{'0' * 16}")
    assert find_table("t\u00e4.csv", tmp_path) == path
    linked = add_links(index_of(**{"\u00f6": "0" * 16}), read_links(path))
    assert list(linked.subject) == ["p"]
