"""The shipped table of BRISC's patients, made anew from both data sets."""

import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from s3f_pipeline.acquisition.archives import unpack
from s3f_pipeline.cohorts import add_links, find_table, list_files, read_links
from s3f_pipeline.images.ingest import ingest
from s3f_pipeline.linking.match import MatchSettings, link_table, match_cohorts

pytestmark = pytest.mark.real_data


def ingested(config, archives: Path, folder: Path) -> tuple[pd.DataFrame, np.ndarray]:
    raw = unpack(archives / f"{config.archive}.zip", folder, config.inside, config.raw_folder)
    found = ingest(
        list_files(config.layout, raw, config.classes),
        raw,
        image_size=(8, 8),
        color=config.color,
        store=folder / f"{config.layout}_images.npy",
        thumbnails=folder / f"{config.layout}_thumbnails.npy",
        max_rejected_share=0,
    )
    return found.index, np.load(found.thumbnails, mmap_mode="r")


@pytest.fixture(scope="module")
def cohorts(archives, tmp_path_factory, brisc, cheng):
    folder = tmp_path_factory.mktemp("raw")
    return ingested(brisc, archives, folder), ingested(cheng, archives, folder)


@pytest.mark.long
def test_the_shipped_table_is_what_the_two_data_sets_say(cohorts, brisc, tmp_path):
    settings = MatchSettings(brisc.link.least_correlation, brisc.link.margin)
    matches = match_cohorts(*cohorts[0], *cohorts[1], settings)
    made = link_table(matches).set_index("image").reindex(matches["image"])
    shipped = read_links(find_table(brisc.link.table, tmp_path)).set_index("image").reindex(matches["image"])
    assert made["subject"].fillna("").eq(shipped["subject"].fillna("")).mean() >= 0.999
    contradictory = matches[(matches["status"] == "matched") & (matches["label"] != matches["linked_label"])]
    assert len(contradictory) == 4


def test_every_image_that_the_table_names_is_confirmed(cohorts, brisc, tmp_path):
    linked = add_links(cohorts[0][0], read_links(find_table(brisc.link.table, tmp_path)))
    assert (linked.named, linked.others, linked.linked) == (4532, 0, 4532)
    assert linked.subject.nunique() == 204
    assert linked.subject.groupby(linked.index["label"]).count()["no_tumor"] == 0


def test_patients_are_those_of_the_published_groups(cohorts, archives):
    index = cohorts[1][0]
    with zipfile.ZipFile(archives / "brain_tumor_cheng.zip") as archive:
        table = pd.read_csv(archive.open("brain_tumor_cheng/metadata.csv"), dtype=str)
    groups = table.set_index("image")["patient_group"].loc[index["image_id"]]
    assert list(groups) == list(index["subject"])
