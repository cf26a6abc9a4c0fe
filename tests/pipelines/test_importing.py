import published_files
import pytest

from s3f_pipeline.config.names import IMPORT, Experiment, experiments
from s3f_pipeline.errors import ConfigError, WeightsError
from s3f_pipeline.pipeline_registry import register_pipelines
from s3f_pipeline.pipelines.importing.nodes import _overlap, check_weights
from s3f_pipeline.pipelines.stages import stages_of


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    folder = tmp_path_factory.mktemp("weights")
    return published_files.write(folder / "a.keras", published_files.network("concat_sn2", (16, 16, 1), 3))


def namespaces(pipeline):
    return {stage.namespace for stage in stages_of(pipeline) if stage.is_experiment}


def test_the_pipeline_is_that_of_the_network_in_the_file(load_config, weights):
    load_config(weights=str(weights), cohort="busi")
    assert namespaces(register_pipelines()[IMPORT]) == {
        "busi.patient_safe.imported_concat_sn2",
        "busi.published.imported_concat_sn2",
    }


@pytest.mark.parametrize("params", [{"fold": 1, "cohort": "busi"}, {"cohort": "ham"}, {"cohort": "cheng"}])
def test_what_cannot_follow_the_publication_is_patient_safe_alone(load_config, weights, params):
    load_config(weights=str(weights), **params)
    (namespace,) = namespaces(register_pipelines()[IMPORT])
    assert namespace.split(".")[1] == "patient_safe"


def test_an_import_stands_in_place_of_the_training(load_config):
    load_config()
    pipelines = register_pipelines()
    stages = {stage.name for stage in stages_of(pipelines["brisc_imported_spatial"])}
    assert "training" not in stages
    assert stages >= {"importing", "evaluation", "explanation", "bundling", "reporting"}
    assert "brisc_imported_spatial" not in list(pipelines)


def test_only_what_is_trained_is_swept_and_compared(load_config):
    loader = load_config()
    trained, imported = experiments(loader.typed), experiments(loader.typed, imported=True)
    assert not {each.variant for each in trained} & {each.variant for each in imported}
    assert all(each.variant.startswith("imported_") for each in imported)
    assert not [name for name in loader.parameter("brisc.networks") if "imported" in name]


def test_the_epoch_of_a_publication_was_chosen_on_test_images(load_config):
    loader = load_config()
    assert loader.experiment("brisc", "patient_safe", "imported_spatial").selected_on_test
    assert not loader.experiment("brisc", "patient_safe", "spatial").selected_on_test


@pytest.mark.parametrize(
    ("params", "told"),
    [
        ({"cohort": "brisc"}, "weights is not named. For example: kedro run"),
        ({"weights": "a.keras"}, "cohort is not named. For example: kedro run"),
        ({"weights": "a.keras", "cohort": "nothing"}, "cohort=nothing: There is none. Cohorts: brisc, "),
    ],
)
def test_half_a_request_is_refused(load_config, params, told):
    load_config(**params)
    with pytest.raises(ConfigError, match=told):
        register_pipelines()[IMPORT]


def test_a_file_that_is_not_there_is_refused(load_config, tmp_path):
    load_config(weights=str(tmp_path / "nowhere.keras"), cohort="brisc")
    with pytest.raises(WeightsError, match="there is no such file"):
        register_pipelines()[IMPORT]


@pytest.mark.parametrize(
    ("cohort", "variant", "size", "told"),
    [
        (
            "busi",
            "imported_spatial",
            16,
            "holds the network concat_sn2, and imported_spatial is spatial. Run --pipe",
        ),
        ("busi", "imported_concat_sn2", 32, "Give --params=image_size=16x16"),
        ("ham", "imported_concat_sn2", 16, r"\(16, 16, 3\). Choose the cohort that it was trained on"),
        (
            "brisc",
            "imported_concat_sn2",
            16,
            "has 3 outputs, and brisc needs 4, for glioma, .*Choose the cohort",
        ),
    ],
)
def test_a_file_that_is_not_the_experiments_is_refused(load_config, weights, cohort, variant, size, told):
    loader = load_config(weights=str(weights), image_size=size)
    with pytest.raises(WeightsError, match=told):
        check_weights(loader.experiment(cohort, "patient_safe", variant), weights)


def test_without_a_file_one_is_asked_for(load_config):
    loader = load_config()
    with pytest.raises(
        WeightsError, match=r"weights is not named. For example: .*--pipeline=import_published"
    ):
        check_weights(loader.experiment("brisc", "patient_safe", "imported_spatial"), loader.weights_file)


@pytest.mark.parametrize(("cohort", "told"), [("busi", "at random"), ("cheng", "no publication")])
def test_where_training_images_are_not_known_nothing_is_counted(load_config, cohort, told):
    counted, why = _overlap(load_config().parameter(f"{cohort}.data"), None, None, None)
    assert counted is None
    assert told in why


def test_names_are_read_back():
    experiment = Experiment("brisc", "published", "imported_bilinear_sn1")
    assert Experiment.of_namespace(experiment.namespace) == experiment
    assert experiment.pipeline == "brisc_imported_bilinear_sn1_published"
