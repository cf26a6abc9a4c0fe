"""The steps of CONTRIBUTING.md, done on a copy of the project."""

import os
import re
import shutil
import subprocess
import sysconfig
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest
from end_to_end_project import Project

from s3f_pipeline.config.loader import PROJECT

TEXT = (PROJECT / "CONTRIBUTING.md").read_text()
SECTIONS = dict(re.findall(r"^## (An? .+?)\n(.*?)(?=^## |\Z)", TEXT, re.MULTILINE | re.DOTALL))
BLOCK = re.compile(r"^```(\w+)\n# (\S+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PIPELINES = """
from pathlib import Path
from kedro.framework.project import pipelines
from kedro.framework.startup import bootstrap_project
bootstrap_project(Path.cwd())
from s3f_pipeline.config.loader import ProjectConfigLoader
ProjectConfigLoader(conf_source="conf", base_env="base", default_run_env="local")
for name in ("retina_bilinear", "brisc_tiny", "breastmnist_low_rank", "mine_spatial"):
    print(name, len(pipelines[name].only_nodes_with_tags("training").nodes))
"""
OF_THE_NEW_LAYOUT = """
cohorts:
  mine: {layout: eyes, raw_folder: mine, color: grey, image_size: 32, classes: [ill, well]}
"""


def follow(root: Path, section: str) -> list[str]:
    """Write the new files of a section and make its changes; return the new files."""
    written = []
    for kind, name, content in BLOCK.findall(SECTIONS[section]):
        path = root / name
        if kind != "diff":
            assert not path.exists(), f"{name} is there already"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content)
            written.append(name)
            continue
        lines = content.splitlines(keepends=True)
        before = "".join(line[1:] for line in lines if line[0] in " -")
        after = "".join(line[1:] for line in lines if line[0] in " +")
        text = path.read_text()
        assert not before or text.count(before) == 1, f"{name} has not once:\n{before}"
        path.write_text(text.replace(before, after) if before else text + after)
    return written


@pytest.fixture(scope="module")
def steps(tmp_path_factory) -> tuple[Project, list[str]]:
    """A copy in which the steps of all sections have been done, and the files that are new in it."""
    project = Project(tmp_path_factory.mktemp("contributed"))
    return project, [name for section in SECTIONS for name in follow(project.root, section)]


def test_every_kind_of_contribution_has_a_section():
    assert list(SECTIONS) == ["A cohort", "A layout", "A network", "A fusion", "A metric", "A stage"]


@pytest.mark.parametrize("section", SECTIONS)
def test_a_section_can_be_followed_alone(section, tmp_path):
    assert bool(follow(Project(tmp_path).root, section)) == (section != "A cohort")


def test_the_tests_and_examples_that_it_shows_pass(steps):
    project, files = steps
    shown = [name for name in files if re.match("tests/|src/.*(fusion|mean)", name)]
    assert len(shown) == 7
    output = project.python("-m", "pytest", "-q", "--doctest-modules", *shown)
    assert re.search(r"^11 passed", output, re.MULTILINE)


@pytest.mark.long
def test_tests_of_before_still_pass(steps):
    project, _ = steps
    shutil.copytree(PROJECT / "tests", project.root / "tests", dirs_exist_ok=True)
    before = ["tests/models/test_build.py::test_names", "tests/evaluation/test_metrics.py"]
    assert " passed" in project.python("-m", "pytest", "-q", *before)


def test_the_code_that_it_shows_has_the_style_of_the_house(steps):
    project, files = steps
    ruff = Path(sysconfig.get_path("scripts"), "ruff")
    for command in (["check", "--no-cache"], ["format", "--check", "--no-cache"]):
        done = subprocess.run(
            [ruff, *command, *files], cwd=project.root, capture_output=True, text=True, env=os.environ
        )
        assert done.returncode == 0, done.stdout


def test_new_cohorts_layouts_and_networks_have_pipelines(steps):
    project, _ = steps
    (project.root / "conf/local/parameters_cohorts.yml").write_text(OF_THE_NEW_LAYOUT)
    built = project.python("-c", PIPELINES)
    assert built.split() == [
        "retina_bilinear",
        "1",
        "brisc_tiny",
        "1",
        "breastmnist_low_rank",
        "1",
        "mine_spatial",
        "1",
    ]


def test_the_new_stage_runs_on_the_new_cohort(steps):
    project, _ = steps
    rng = np.random.default_rng(0)
    for name in ("glaucoma", "healthy"):
        folder = project.root / "data/01_raw/retina" / name
        folder.mkdir(parents=True)
        for number in range(12):
            cv2.imwrite(str(folder / f"{name}{number}.png"), rng.integers(0, 256, (32, 32, 3), np.uint8))
    project.kedro("run", "--pipeline=retina_audit")
    counts = pd.read_csv(project.root / "data/08_reporting/retina/counts.csv", index_col="label")
    assert counts.sum(axis=1).to_dict() == {"glaucoma": 12, "healthy": 12}
    assert (project.root / "data/08_reporting/retina/counts.record.json").exists()
