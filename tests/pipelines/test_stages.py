import pytest
from kedro.io import DataCatalog, MemoryDataset
from kedro.pipeline import Pipeline, node

from s3f_pipeline.pipeline_registry import register_pipelines
from s3f_pipeline.pipelines import code, training
from s3f_pipeline.pipelines.stages import stages_of
from s3f_pipeline.source import read_source


@pytest.fixture
def pipelines(load_config):
    load_config()
    return register_pipelines()


def test_every_pipeline_is_there(pipelines):
    medmnist = ("bloodmnist", "breastmnist", "dermamnist", "organcmnist", "organsmnist", "pneumoniamnist")
    medmnist = {f"{name}{size}" for name in medmnist for size in ("", "_64", "_224")}
    s3f_net = {"spatial", "spectral", "concat", "bilinear"}
    others = {"gated", "spectral_compact", "resnet18", "spatial_wide", "random_filter"}
    pretrained = {"convnext_tiny", "efficientnet_v2_b0", "densenet121"}
    variants = s3f_net | others | pretrained | {"medspectralnet", "medmamba"}
    expected = {"brisc_link_patients", "brisc_64_link_patients", "leaderboard", "predict"} | {
        "import_published",
        "export",
    }
    medmnist.add("dermamnist_reconstructed")
    s3f_cohorts = {"brisc", "cheng", "chest", "busi", "ham", "ham_128", "brisc_64", "busi_64"}
    for cohort in s3f_cohorts | medmnist:
        alike = cohort.endswith("_64") or cohort == "cheng"
        published = variants if cohort in medmnist else set() if alike else s3f_net
        expected |= {f"{cohort}_acquire", f"{cohort}_audit", f"{cohort}_compare"}
        expected |= {f"{cohort}_compare_published"} if published else set()
        expected |= {f"{cohort}_leakage_effect"}
        expected |= {f"{cohort}_{variant}" for variant in variants}
        expected |= {f"{cohort}_{variant}_published" for variant in published}
    assert set(pipelines) == expected


def test_only_the_pipeline_that_is_asked_for_is_built(pipelines, monkeypatch):
    built = []
    build = training.create_pipeline
    monkeypatch.setattr(
        training, "create_pipeline", lambda e, size: built.append(e.pipeline) or build(e, size)
    )
    assert "chest_concat" in list(pipelines)
    assert pipelines["brisc_bilinear"].nodes
    assert built == ["brisc_bilinear"]


def test_stages_come_in_the_order_of_the_data(pipelines):
    found = [(stage.namespace, stage.name) for stage in stages_of(pipelines["brisc_bilinear"])]
    assert found == [
        ("brisc", "acquisition"),
        ("brisc", "ingestion"),
        ("brisc.256x256", "resizing"),
        ("brisc", "splitting"),
        ("brisc.patient_safe", "splitting"),
        ("brisc.patient_safe.bilinear", "training"),
        ("brisc.patient_safe.bilinear", "evaluation"),
        ("brisc.patient_safe.bilinear", "explanation"),
        ("brisc.patient_safe.bilinear", "bundling"),
        ("brisc.patient_safe.bilinear", "reporting"),
    ]


def test_linking_ends_with_both_cohorts_ingested(pipelines):
    found = {(stage.namespace, stage.name) for stage in stages_of(pipelines["brisc_link_patients"])}
    both = {(cohort, stage) for cohort in ("brisc", "cheng") for stage in ("acquisition", "ingestion")}
    assert found == {*both, ("brisc", "linking")}
    assert [stage.name for stage in stages_of(pipelines["brisc_link_patients"])][-1] == "linking"


def test_published_pipelines_differ_in_the_protocol_alone(pipelines):
    def nodes(name):
        return {node.name.replace("published", "patient_safe") for node in pipelines[name].nodes}

    assert nodes("brisc_concat") == nodes("brisc_concat_published")


@pytest.fixture
def stage_and_catalog(tmp_path):
    pipeline = Pipeline(
        [
            node(
                lambda p, x: {"y": x},
                ["params:a.p", "a.x"],
                "a.metrics",
                name="n",
                namespace="a",
                tags="training",
            )
        ]
    )
    (stage,) = stages_of(pipeline)
    json = {"type": "s3f_pipeline.catalog_types.AtomicDataset", "dataset": "json.JSONDataset"}
    catalog = DataCatalog.from_config(
        {
            "a.x": {**json, "filepath": str(tmp_path / "x.json")},
            "a.metrics": {**json, "filepath": str(tmp_path / "metrics.json")},
            "a.training_record": {**json, "filepath": str(tmp_path / "record.json")},
        }
    )
    catalog["params:a.p"] = MemoryDataset({"epochs": 1})
    catalog.save("a.x", {"x": 1})
    catalog.save("a.metrics", {"y": 1})
    stage.write_record(catalog, stage.dependencies(catalog), "it has not been finished yet")
    return stage, catalog


def is_finished(stage, catalog):
    return stage.is_finished(catalog, stage.dependencies(catalog))


def test_a_stage_is_finished_while_nothing_changes(stage_and_catalog):
    stage, catalog = stage_and_catalog
    assert is_finished(stage, catalog)


def test_a_changed_input_undoes_it(stage_and_catalog):
    stage, catalog = stage_and_catalog
    catalog.save("a.x", {"x": 2})
    assert not is_finished(stage, catalog)
    catalog.save("a.x", {"x": 1})
    assert is_finished(stage, catalog)


def test_a_changed_parameter_undoes_it(stage_and_catalog):
    stage, catalog = stage_and_catalog
    catalog["params:a.p"] = MemoryDataset({"epochs": 2})
    assert not is_finished(stage, catalog)


def test_a_missing_output_undoes_it(stage_and_catalog):
    stage, catalog = stage_and_catalog
    catalog.get("a.metrics").invalidate()
    assert not is_finished(stage, catalog)


@pytest.mark.parametrize("observer", code.OBSERVERS)
def test_every_observer_is_there(observer):
    module, _, name = observer.partition(":")
    path = code.PACKAGE.joinpath(*module.split("."))
    path = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    assert not name or name in read_source(path, "s3f_pipeline").definitions
    assert path.exists()


def test_a_training_depends_on_no_observer(pipelines):
    training = next(s for s in stages_of(pipelines["brisc_bilinear"]) if s.name == "training")
    code = training.runs({"network": "bilinear_sn1"}).code
    assert not {path for path in code if path.startswith(("tracking/", "errors", "logs", "reporting/"))}
    assert {"training/fit.py", "models/s3f_net.py", "models/layers/bilinear_fusion.py"} <= code.keys()
    assert "models/medmamba.py" not in code
