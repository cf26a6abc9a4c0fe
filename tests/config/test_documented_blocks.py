"""Blocks of YAML in the documentation, pasted as it says: into ``conf/local/parameters_cohorts.yml``."""

import re

import pytest

from s3f_pipeline.config.loader import PROJECT
from s3f_pipeline.config.names import experiments

YAML = re.compile(r"^```yaml\n(.*?)^```", re.DOTALL | re.MULTILINE)
BLOCKS = [
    pytest.param(block, id=f"{page.name}-{number}")
    for page in sorted(PROJECT.glob("docs/*.md"))
    for number, block in enumerate(YAML.findall(page.read_text(encoding="utf-8")))
]
OWN, *PARTS = YAML.findall((PROJECT / "docs/own_images.md").read_text(encoding="utf-8"))


def names_in(block):
    return re.findall(r"^  (\w+):", block, flags=re.MULTILINE)


@pytest.mark.parametrize("block", [each for each in BLOCKS if each.values[0].startswith("cohorts:")])
def test_whole_files_are_cohorts(with_local, block):
    loader = with_local("parameters_cohorts.yml", block)
    assert names_in(block)
    assert loader.refused == ({}, {})
    for name in names_in(block):
        assert f"{name}_spatial" in {experiment.pipeline for experiment in experiments(loader.typed)}
        assert loader.experiment(name, "patient_safe", "spatial").classes == loader.cohort(name).classes


@pytest.mark.parametrize("part", PARTS)
def test_parts_go_into_the_block(with_local, part):
    replaced = set(re.findall(r"^    (\w+):", part, flags=re.MULTILINE))
    kept = [line for line in OWN.splitlines() if line.split(":")[0].strip() not in replaced]
    loader = with_local("parameters_cohorts.yml", "\n".join([*kept, part]))
    assert loader.refused == ({}, {})
    assert loader.cohort("mine").raw_folder == "my_images"


def test_the_first_block_is_the_whole_file(with_local):
    loader = with_local("parameters_cohorts.yml", OWN)
    assert loader.cohort("mine").image_size == (128, 128)
    assert loader.cohort("brisc").layout == "brisc"
