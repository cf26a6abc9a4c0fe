"""Every cohort goes the whole way on drawn images, without data and without a network."""

import json
import re

import pandas as pd
import pytest

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    ("cohort", "variant"),
    [
        ("chest", "concat"),
        pytest.param("bloodmnist", "spatial", marks=pytest.mark.long),
        pytest.param("busi", "concat", marks=pytest.mark.long),
        pytest.param("ham", "bilinear", marks=pytest.mark.long),
        pytest.param("bloodmnist", "medspectralnet", marks=pytest.mark.long),
        pytest.param("breastmnist", "medmamba", marks=pytest.mark.long),
    ],
)
def test_every_cohort_runs_on_phantoms(project, cohort, variant):
    pipeline = f"--pipeline={cohort}_{variant}"
    output = project.kedro("run", "--env=demo", pipeline, "--params=training.epochs=1")
    assert re.search(r"on \d+ test images", output)
    assert "synthetic phantoms, no medical meaning" in output
    assert "Traceback" not in output
    check_preparation(project, cohort)
    assert (project.demo / f"08_reporting/{cohort}/patient_safe/{variant}/seed-0/report.html").is_file()


@pytest.mark.parametrize(
    "cohort",
    [
        "ham",
        "dermamnist_reconstructed",
        "pneumoniamnist",
        *(
            pytest.param(name, marks=pytest.mark.long)
            for name in ("dermamnist", "organcmnist", "organsmnist")
        ),
    ],
)
def test_other_cohorts_are_prepared(project, cohort):
    project.kedro("run", "--env=demo", f"--pipeline={cohort}_audit")
    check_preparation(project, cohort)


def check_preparation(project, cohort):
    folder = project.demo / "02_intermediate" / cohort
    quality = json.loads((folder / "quality.json").read_text())
    assert quality["read"] == len(pd.read_parquet(folder / "index.parquet"))
    assert quality["rejected"] == []
    audit = json.loads((project.demo / "05_model_input" / cohort / "leakage_audit.json").read_text())
    assert audit["groups"]["with_twins"] > 0


def test_an_audit_ends_in_a_page(project):
    project.kedro("run", "--env=demo", "--pipeline=busi_audit")
    page = (project.demo / "08_reporting/busi/leakage_audit.html").read_text()
    assert "Synthetic phantoms, no medical meaning" in page
    assert not re.search(r"""(?:src|href)\s*=\s*["'](?!data:|#)""", page)
    splits = pd.read_parquet(project.demo / "05_model_input/busi/published/splits.parquet")
    assert (splits["split"] == "test").mean() == pytest.approx(0.2, abs=0.01)


@pytest.mark.long
def test_folds_have_their_own_folders(project):
    project.kedro("run", "--env=demo", "--pipeline=busi_audit", "--params=fold=0,splitting.folds=3")
    fold_of_three = "--params=fold=1,splitting.folds=3,training.epochs=1"
    project.kedro("run", "--env=demo", "--pipeline=busi_spatial", fold_of_three)
    run = "busi/patient_safe/spatial/seed-0_fold-1"
    assert json.loads((project.demo / "08_reporting" / run / "metrics.json").read_text())["fold"] == 1
    predictions = pd.read_parquet(project.demo / "07_model_output" / run / "predictions.parquet")
    splits = [pd.read_parquet(project.demo / f"05_model_input/busi/patient_safe/splits_fold-{fold}.parquet")
              for fold in (0, 1)]  # fmt: skip
    first, second = (set(split["image_id"][split["split"] == "test"]) for split in splits)
    assert second == set(predictions["image_id"][predictions["split"] == "test"])
    assert first
    assert not first & second


def test_the_published_protocol_has_no_folds(project):
    arguments = ("run", "--env=demo", "--pipeline=busi_spatial_published", "--params=fold=0")
    assert "The published protocol has no folds" in project.kedro(*arguments, succeeds=False)
