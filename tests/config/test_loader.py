import re
import shutil
from pathlib import Path

import pytest

from s3f_pipeline.config.layers import Layer, read_layer, resolve_parameters
from s3f_pipeline.config.loader import PROJECT, ProjectConfigLoader
from s3f_pipeline.config.names import experiments, trained_variants
from s3f_pipeline.config.schema import TableColumns
from s3f_pipeline.errors import ConfigError
from s3f_pipeline.pipeline_registry import register_pipelines

EXPERIMENT = ("brisc", "patient_safe", "bilinear")


CHEST = ("chest", "patient_safe", "concat")


def parameters(loader):
    """Read, merge and check all parameters."""
    return loader.typed


def test_cohort_training_values_win_over_the_general_ones(load_config):
    training = load_config().experiment(*CHEST).training
    assert (training.epochs, training.early_stopping_patience, training.reduce_lr_patience) == (100, 20, 10)
    assert training.selection_metric == "positive_f1"
    assert training.batch_size == 16
    assert load_config().experiment(*EXPERIMENT).training.epochs == 200


def test_params_win_over_a_cohorts_own_values(load_config):
    training = load_config(training={"epochs": 12}).experiment(*CHEST).training
    assert training.epochs == 12
    assert training.early_stopping_patience == 20


def test_six_lines_of_yaml_make_a_cohort(tmp_path):
    shutil.copytree(PROJECT / "conf", tmp_path / "conf")
    (tmp_path / "conf/base/parameters_mine.yml").write_text(
        """
cohorts:
  mine:
    layout: table
    raw_folder: my_images
    table: {file: images.csv, patient: patient_id}
    color: grey
    image_size: 64
    classes: [healthy, ill]
"""
    )
    loader = ProjectConfigLoader(str(tmp_path / "conf"), base_env="base", default_run_env="local")
    cohort = loader.cohort("mine")
    assert (cohort.title, cohort.archive, cohort.inside) == ("mine", "my_images", "my_images")
    assert cohort.subject == "patient"
    assert cohort.reads_header_patients
    assert not loader.cohort("brisc").reads_header_patients
    own = {e.pipeline for e in experiments(loader.typed) if e.cohort == "mine"}
    assert own == {f"mine_{variant}" for variant in trained_variants(loader.typed)}
    ProjectConfigLoader.current = None


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"table": {"file": "a.csv"}}, ["cohorts.brisc", "no other layout takes one"]),
        ({"positive_class": "glioma"}, ["cohorts.brisc", "second of exactly two classes"]),
        ({"raw_folder": "../elsewhere"}, ["cohorts.brisc.raw_folder", "without '..'"]),
        ({"window": [200, 100]}, ["cohorts.brisc", "the lower one first"]),
        ({"classes": ["a", "b", "a"]}, ["cohorts.brisc.classes", "named twice: a"]),
        ({"layout": "mine"}, ["cohorts.brisc.layout: there is no layout 'mine', but brisc, busi", "table"]),
        ({"link": {"to": "nowhere"}}, ["cohorts.brisc.link.to is 'nowhere'", "another cohort: cheng, chest"]),
        ({"link": {"to": "brisc"}}, ["cohorts.brisc.link.to is 'brisc'", "another cohort: cheng, chest"]),
        ({"link": {"margin": 1}}, ["cohorts.brisc.link.margin"]),
        ({"patient_pattern": "(.*)_.*"}, ["cohorts.brisc", "patient_pattern is of the layout 'folders'"]),
        ({"patient_pattern": ".*"}, ["cohorts.brisc.patient_pattern", "put parentheses around the part"]),
        ({"class_titles": {"healthy": "x"}}, ["cohorts.brisc", "class_titles names no class: healthy"]),
        ({"class_titles": {"glioma": "pituitary"}}, ["calls two classes by one name: pituitary"]),
        ({"grouping": {"sequence": 3, "number": 0}}, ["cohorts.brisc.grouping.number"]),
        ({"download": {"figshare": "10.7910/DVN/DBW86T"}}, ["cohorts.brisc.download.figshare"]),
        ({"subgroups": {"age": [60, 40]}}, ["cohorts.brisc.subgroups.age", "ascending order"]),
        ({"prevalence": 0.1}, ["cohorts.brisc", "prevalence and thresholds belong together"]),
        (
            {"prevalence": 0.1, "thresholds": [0.1, 0.5]},
            ["cohorts.brisc", "those of a positive_class, and there is none"],
        ),
    ],
)
def test_wrong_cohorts_are_refused(load_config, change, words):
    with pytest.raises(ConfigError) as caught:
        parameters(load_config(cohorts={"brisc": change}))
    for word in words:
        assert word in caught.value.message


def test_how_a_network_would_be_used_is_a_parameter_of_its_own(load_config):
    """Neither index, split nor training depends on it."""
    asked = {"prevalence": 0.02, "thresholds": [0.01, 0.2], "subgroups": {"kind": [], "age": [2, 6.5]}}
    loader, other = load_config(cohorts={"chest": asked}), load_config()
    use = loader.parameter("chest.use")
    assert (use.prevalence, use.thresholds) == (0.02, (0.01, 0.2))
    assert use.subgroups == {"kind": (), "age": (2.0, 6.5)}
    assert other.parameter("chest.use").subgroups == {"kind": ()}
    for noun in ("data", "cohort", "image_store", "patient_safe.spatial.experiment"):
        assert loader.parameter(f"chest.{noun}") == other.parameter(f"chest.{noun}")


def test_settings_of_the_evaluation_are_no_settings_of_the_training(load_config):
    loader, other = load_config(evaluation={"replicates": 500}), load_config()
    assert loader.parameter("chest.evaluation").replicates == 500
    assert other.parameter("chest.evaluation").replicates == 2000
    assert loader.experiment(*CHEST) == other.experiment(*CHEST)


def test_comparisons_draw_as_evaluations_do(load_config):
    loader = load_config(evaluation={"replicates": 500, "confidence": 0.9, "seed": 3})
    settings = loader.parameter("busi.comparison")
    assert (settings.replicates, settings.confidence, settings.seed) == (500, 0.9, 3)
    assert (settings.figure, settings.margin) == ("balanced_accuracy", 0.01)
    with pytest.raises(ConfigError, match=r"comparison\.seed"):
        load_config(comparison={"seed": 3}).parameter("busi.comparison")


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        ("(.*", "this is no regular expression"),
        (".*", "put parentheses around the part"),
        ("(.*)(.)", "put parentheses around the part"),
    ],
)
def test_patterns_of_patients_are_checked(pattern, words):
    with pytest.raises(ValueError, match=words):
        TableColumns(file="a.csv", patient="id", patient_pattern=pattern)
    with pytest.raises(ValueError, match="patient_pattern needs patient"):
        TableColumns(file="a.csv", patient_pattern="(.*).")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("my.images", ["letters, digits"]),
        ("my images", ["letters, digits"]),
        ("2mine", ["begins with a letter"]),
        ("mine_published", ["ending in _published"]),
        ("mine_audit", ["ending in _audit"]),
        ("mine_link_patients", ["ending in _link_patients"]),
    ],
)
def test_names_that_pipelines_cannot_have(load_config, name, words):
    block = {"layout": "folders", "raw_folder": "x", "color": "grey", "image_size": 32, "classes": ["a", "b"]}
    for given in ({"cohorts": {name: block}}, {"variants": {name: {"network": "spatial"}}}):
        with pytest.raises(ConfigError) as caught:
            parameters(load_config(**given))
        for word in [name, *words]:
            assert word in caught.value.message


def test_two_pipelines_of_one_name_are_refused(load_config):
    block = {"layout": "folders", "raw_folder": "x", "color": "grey", "image_size": 32, "classes": ["a", "b"]}
    cohorts, variants = (
        {"mine_big": block, "mine": block},
        {"big_spatial": {"title": "Big", "network": "spatial"}},
    )
    with pytest.raises(ConfigError, match="would both be the pipeline mine_big_spatial: rename one"):
        parameters(load_config(cohorts=cohorts, variants=variants))


def test_a_fold_is_part_of_the_path(load_config):
    assert load_config(fold=3, seed=1).run_folder == "seed-1_fold-3"
    with pytest.raises(ConfigError, match=r"fold 5 is not one of the 5 folds, which are numbered from 0"):
        parameters(load_config(fold=5))


def test_a_message_does_not_show_whole_blocks(load_config):
    with pytest.raises(ConfigError) as caught:
        parameters(load_config(fold=5))
    assert len(caught.value.message) < 200
    with pytest.raises(
        ConfigError, match=r"cohorts\.a\.b: a name has .* \(received: 'a\.b'; set in --params"
    ):
        parameters(load_config(cohorts={"a.b": {"layout": "folders"}}))


def test_an_environment_wins_over_a_cohorts_own_values():
    loader = ProjectConfigLoader(str(PROJECT / "conf"), env="demo", base_env="base", default_run_env="local")
    assert loader.experiment(*EXPERIMENT).training.epochs == 12
    assert loader.data_root == PROJECT / "data/demo"
    ProjectConfigLoader.current = None


@pytest.mark.parametrize(("given", "size"), [(64, (64, 64)), ("64", (64, 64)), ("384x512", (384, 512))])
def test_image_size_is_a_number_or_height_x_width(load_config, given, size):
    loader = load_config(image_size=given)
    assert loader.cohort("brisc").image_size == size
    assert loader.experiment(*EXPERIMENT).input_shape == (*size, 1)


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"image_size": "big"}, ["image_size", "height x width", "'big'", "--params"]),
        ({"training": {"epochs": 0}}, ["training.epochs", "received: 0", "--params"]),
        ({"training": {"selection_metric": "area"}}, ["selection_metric", "weighted_f1", "--params"]),
    ],
)
def test_wrong_values_are_refused(load_config, params, words):
    with pytest.raises(ConfigError) as caught:
        load_config(**params).experiment(*EXPERIMENT)
    for word in words:
        assert word in caught.value.message


def test_unknown_environment_is_named():
    with pytest.raises(ConfigError, match=r"no configuration folder.*nowhere"):
        ProjectConfigLoader(str(PROJECT / "conf"), env="nowhere", base_env="base", default_run_env="local")
    ProjectConfigLoader.current = None


def test_published_protocol_chooses_on_the_split_of_its_source(load_config):
    loader = load_config()
    assert loader.experiment("brisc", "published", "concat").selected_on_test
    assert loader.experiment("brisc", "patient_safe", "concat").selection_split == "validation"


def test_a_network_is_published_where_it_was_or_on_a_benchmark(load_config):
    parameters = load_config().typed
    published = {e.pipeline for e in experiments(parameters) if e.protocol == "published"}
    assert {"brisc_bilinear_published", "breastmnist_resnet18_published"} <= published
    assert {"brisc_gated_published", "busi_resnet18_published"}.isdisjoint(published)


def test_the_published_protocol_takes_back_what_our_recipe_adds(load_config):
    loader = load_config(training={"weight_decay": 0.1, "ema": 0.9}, published_training={"weight_decay": 0.0})
    ours, theirs = (
        loader.experiment("brisc", protocol, "spatial").training for protocol in ("patient_safe", "published")
    )
    assert (ours.weight_decay, theirs.weight_decay) == (0.1, 0.0)
    assert (ours.ema, theirs.ema) == (0.9, 0.9)


@pytest.mark.parametrize("cohort", ["brisc", "chest", "busi", "ham", "breastmnist"])
def test_statistics_are_re_estimated_but_where_the_publication_or_the_user_says_otherwise(
    load_config, cohort
):
    def statistics(protocol, **asked):
        return load_config(**asked).experiment(cohort, protocol, "spatial").training.batch_norm_statistics

    assert statistics("patient_safe") == "re-estimated"
    assert statistics("published") == "running"
    assert statistics("published", training={"batch_norm_statistics": "re-estimated"}) == "re-estimated"


def test_a_publication_has_its_own_training(load_config):
    loader = load_config()
    published = loader.experiment("breastmnist", "published", "resnet18").training
    assert (published.learning_rate, published.selection_metric) == (1e-3, "auc")
    assert published.learning_rate_schedule == "steps"
    assert loader.experiment("breastmnist", "published", "spatial").training == published
    medmamba = loader.experiment("breastmnist", "published", "medmamba").training
    assert (medmamba.learning_rate, medmamba.augmentation.crop) == (1e-4, 0.08)
    assert (medmamba.learning_rate_schedule, medmamba.early_stopping_patience) == ("constant", None)
    ours = loader.experiment("breastmnist", "patient_safe", "resnet18").training
    assert (ours.learning_rate, ours.selection_metric) == (3e-4, "weighted_f1")
    asked_for = load_config(training={"learning_rate": 0.5})
    assert asked_for.experiment("breastmnist", "published", "resnet18").training.learning_rate == 0.5


def test_a_part_of_the_augmentation_can_be_asked_for(load_config):
    training = (
        load_config(training={"augmentation": {"flip": "both"}})
        .experiment("brisc", "patient_safe", "spatial")
        .training
    )
    assert (training.augmentation.flip, training.augmentation.crop) == ("both", 1.0)


@pytest.mark.parametrize(
    ("cohort", "flips"),
    [("chest", "horizontal"), ("ham", "both"), ("brisc_64", "horizontal"), ("organcmnist", "none")],
)
def test_a_recipe_mirrors_as_the_cohort_allows(load_config, cohort, flips):
    loader = load_config(training={"augmentation": {"flip": "cohort", "contrast": 0.1}})
    assert loader.experiment(cohort, "patient_safe", "spatial").training.augmentation.flip == flips
    usual = load_config().experiment(cohort, "patient_safe", "spatial").training
    assert usual.augmentation.flip == "none"


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("weight_decay", -0.1, "greater than or equal to 0"),
        ("label_smoothing", 1.0, "less than 1"),
        ("ema", 1.0, "less than 1"),
        ("ema", 0, "greater than 0"),
        ("ema", True, "not true or false"),
        ("warmup_epochs", -1, "greater than or equal to 0"),
        ("frozen_epochs", 1.5, "integer"),
        ("batch_norm_statistics", "exact", "'running' or 're-estimated'"),
        ("batch_norm_images", 0, "greater than 0"),
        ("batch_norm_momentum", 1.0, "less than 1"),
        ("augmentation", {"contrast": 1.0}, "less than 1"),
        ("augmentation", {"flip": "vertical"}, "'none', 'horizontal' or 'both'"),
    ],
)
def test_options_of_the_training_have_bounds(load_config, key, value, words):
    with pytest.raises(ConfigError) as refused:
        assert load_config(training={key: value}).typed
    assert f"training.{key}" in refused.value.message
    assert words in refused.value.message
    assert "--params" in refused.value.message


def test_fusion_variants_take_the_published_spectranet(load_config):
    loader = load_config()
    networks = {
        variant: loader.experiment("brisc", "published", variant).network
        for variant in ("spatial", "spectral", "concat", "bilinear")
    }
    assert networks == {
        "spatial": "spatial",
        "spectral": "spectral_sn1",
        "concat": "concat_sn1",
        "bilinear": "bilinear_sn1",
    }


def test_parameters_are_those_that_all_runs_have_in_common(load_config):
    parameters = load_config(seed=3)["parameters"]
    assert (parameters["seed"], parameters["training"]["epochs"]) == (3, 200)
    assert {"cohorts", "variants"}.isdisjoint(parameters)


OWN = """
cohorts:
  mine:
    layout: folders
    raw_folder: my_images
    color: grey
    image_size: 64
    classes: {classes}
"""


@pytest.fixture(scope="session")
def base():
    return read_layer(PROJECT / "conf/base")


@pytest.fixture
def resolve(base):
    """Resolve the project's own configuration with some ``--params``."""
    return lambda **params: resolve_parameters([*base, Layer("--params", params)])


@pytest.fixture
def with_file(base, tmp_path):
    """Resolve the project's own configuration with one more file, and some ``--params``."""

    def resolve(text, **params):
        (tmp_path / "parameters_mine.yml").write_text(text, encoding="utf-8")
        return resolve_parameters([*base, *read_layer(tmp_path), Layer("--params", params)])

    return resolve


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            OWN.format(classes="[no, yes]"),
            ["cohorts.mine.classes.0: YAML reads this as true or false", "quotes"],
        ),
        (OWN.format(classes="[0, 1]"), ["cohorts.mine.classes.0: YAML reads this as a number", "quotes"]),
        (OWN.format(classes="[null, a]"), ["cohorts.mine.classes.0: YAML reads this as nothing", "quotes"]),
        (
            OWN.format(classes="[a, b]\n    colour: 1"),
            ["unknown key 'cohorts.mine.colour'", "parameters_mine.yml"],
        ),
        (OWN.format(classes="[a, b]\n    link: {to: nowhere}"), ["cohorts.mine.link.to is 'nowhere'"]),
        (OWN.format(classes="[a]"), ["cohorts.mine.classes: Tuple should have at least 2 items"]),
        ("cohorts: {mine: }", ["cohorts.mine: this must be a block of keys and values"]),
        ("cohorts: {mine: 3}", ["cohorts.mine: this must be a block of keys and values"]),
        ("cohorts: {mine: {color: grey}}", ["cohorts.mine.layout: Field required"]),
    ],
)
def test_a_wrong_cohort_does_not_block_the_others(with_file, text, words):
    parameters, refused = with_file(text)
    assert "mine" not in parameters.cohorts
    assert parameters.cohorts["brisc"].layout == "brisc"
    assert list(refused.cohorts) == ["mine"]
    for word in words:
        assert word in refused.cohorts["mine"]


@pytest.mark.parametrize("name", ["no", "my images", "2mine", "mine_audit", "brisc_big"])
def test_a_name_of_a_cohort_that_cannot_be_does_not_block_the_others(with_file, name):
    more = "variants: {big_spatial: {title: Big, network: spatial}}"
    parameters, refused = with_file(f"{OWN.format(classes='[a, b]')}\n{more}".replace("mine:", f"{name}:"))
    assert len(refused.cohorts) == 1
    assert set(parameters.cohorts) >= {"brisc", "busi"}


@pytest.mark.parametrize(
    ("block", "words"),
    [
        ("5", ["variants.foo: this must be a block of keys and values"]),
        ("{network: spatial}", ["variants.foo.title: Field required"]),
        (
            "{title: Foo, network: spatial, epochs: 3}",
            ["'variants.foo.epochs'", "training.epochs"],
        ),
    ],
)
def test_a_wrong_variant_does_not_block_the_others(with_file, block, words):
    parameters, refused = with_file(f"variants: {{foo: {block}}}")
    assert "foo" not in parameters.variants
    assert {"spatial", "bilinear"} <= set(parameters.variants)
    assert list(refused.variants) == ["foo"]
    for word in words:
        assert word in refused.variants["foo"]
    with pytest.raises(ConfigError):
        with_file("{}", variants={"foo": {"network": "spatial"}})


def test_a_cohort_whose_other_cohort_is_wrong_stays(with_file):
    parameters, refused = with_file("cohorts: {cheng: {image_size: none}}")
    assert list(refused.cohorts) == ["cheng"]
    assert parameters.cohorts["brisc"].link.to == "cheng"


def test_what_is_wrong_on_the_command_line_stops_at_once(with_file):
    with pytest.raises(ConfigError, match="YAML reads this as true or false"):
        with_file(OWN.format(classes="[a, b]"), cohorts={"mine": {"classes": [False, True]}})


def test_a_heading_without_a_block_sets_nothing(with_file):
    assert with_file("cohorts:\ntraining:\n")[0].training.epochs == 200
    with pytest.raises(ConfigError, match="cohorts: this must be a block of keys and values"):
        with_file("cohorts: [a]")


def test_a_file_that_is_no_yaml_is_named_whatever_it_is_for(with_local):
    with pytest.raises(ConfigError, match=r"conf/local/catalog\.yml, line 1, column 8"):
        with_local("catalog.yml", "a: &a [*a]\n")


def test_pipelines_of_a_wrong_cohort_say_what_is_wrong(with_local):
    loader = with_local(
        "parameters_mine.yml", OWN.format(classes="[no, yes]") + "  brisc: {image_size: none}\n"
    )
    assert ProjectConfigLoader.current is loader
    registered = register_pipelines()
    assert not [name for name in registered if name.startswith(("mine_", "brisc_spatial"))]
    assert "busi_audit" in registered
    assert loader.parameter("busi.data").name == "busi"
    for name, cohort in {"mine_audit": "mine", "mine_spatial": "mine", "brisc_spatial": "brisc"}.items():
        with pytest.raises(ConfigError, match=rf"cohorts\.{cohort}"):
            registered[name]
        with pytest.raises(ConfigError, match=rf"cohorts\.{cohort}"):
            loader.cohort(cohort)
    with pytest.raises(KeyError):
        registered["mine_nothing"]


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"seed": 2**32}, ["seed", "less than 4294967296"]),
        ({"seed": -1}, ["seed", "greater than or equal to 0"]),
        ({"seed": True}, ["seed: give a number, not true or false"]),
        ({"training": {"learning_rate": float("inf")}}, ["training.learning_rate", "finite number"]),
        ({"training": {"learning_rate": float("nan")}}, ["training.learning_rate", "finite number"]),
        ({"training": {"learning_rate": "nan"}}, ["training.learning_rate", "finite number"]),
        ({"training": {"learning_rate": -1}}, ["training.learning_rate", "greater than 0"]),
        ({"training": {"learning_rate": 1e30}}, ["training.learning_rate", "less than or equal to 10"]),
        ({"training": {"batch_size": 10**12}}, ["training.batch_size", "less than or equal to 65536"]),
        ({"training": {"batch_size": 0}}, ["training.batch_size", "greater than 0"]),
        ({"training": {"batch_size": 2.5}}, ["training.batch_size", "valid integer"]),
        ({"training": {"epochs": 10**12}}, ["training.epochs", "less than or equal to 100000"]),
        ({"training": {"epochs": -1}}, ["training.epochs", "greater than 0"]),
        ({"training": {"epochs": True}}, ["training.epochs: give a number, not true or false"]),
        ({"training": {"reduce_lr_factor": float("nan")}}, ["training.reduce_lr_factor"]),
        ({"image_size": 10**9}, ["image_size", "less than or equal to 4096"]),
        ({"image_size": "64x100000"}, ["image_size.1", "less than or equal to 4096"]),
        ({"image_size": 0}, ["image_size", "greater than 0"]),
        ({"splitting": {"test_share": 1.5}}, ["splitting.test_share", "less than 1"]),
        ({"splitting": {"validation_share": float("nan")}}, ["splitting.validation_share"]),
        ({"splitting": {"folds": 10**12}}, ["splitting.folds", "less than or equal to 1000"]),
        ({"ingestion": {"workers": 10**6}}, ["ingestion.workers", "less than or equal to 1024"]),
        ({"twins": {"unexplained": float("inf")}}, ["twins.unexplained", "finite number"]),
        ({"cohorts": {"brisc": {"window": [0, float("inf")]}}}, ["cohorts.brisc.window.1", "finite number"]),
        ({"cohorts": {"busi": {"published": {"split_seed": 2**40}}}}, ["split_seed", "less than"]),
        ({"cohorts": {"brisc": {"training": {"epochs": 10**9}}}}, ["cohorts.brisc.training.epochs"]),
    ],
)
def test_numbers_that_cannot_be_are_refused(resolve, params, words):
    with pytest.raises(ConfigError) as caught:
        resolve(**params)
    for word in words:
        assert word in caught.value.message
    assert len(caught.value.message) < 300


OUTSIDE = [
    "../x",
    "/etc/x",
    "a/../../x",
    "C:x",
    "C:\\x",
    "a\\b",
    "",
    ".",
    "./",
    "a/.. /b",
    "a\0b",
    "a\nb",
    "...",
]


@pytest.mark.parametrize("path", [*OUTSIDE, "x" * 300])
@pytest.mark.parametrize(
    "key",
    [
        "raw_folder", "archive", "inside", "link.table", "download.files", "download.md5", "published.needs",
        "table.file",
    ],
)  # fmt: skip
def test_every_path_stays_inside_its_folder(resolve, key, path):
    first, _, second = key.partition(".")
    of = {path: "0" * 32} if first == "download" else path
    change = {first: {second: of} if second else of}
    with pytest.raises(ConfigError) as caught:
        resolve(cohorts={"brisc": change})
    assert f"cohorts.brisc.{key}" in caught.value.message
    assert any(word in caught.value.message for word in ("relative path", "cannot be part", "at most 200"))


@pytest.mark.parametrize("name", ["..", ".", "a/b", "/etc", "", " ", "a\nb", "a\0b", "\ud800"])
def test_classes_are_names(resolve, name):
    with pytest.raises(ConfigError, match=r"cohorts\.busi"):
        resolve(cohorts={"busi": {"classes": [name, "b", "c"]}})


@pytest.mark.parametrize("handle", ["../x", "a/b/c", "a", "/a/b", "a/..", "a/b\n"])
def test_a_data_set_of_kaggle_is_owner_and_name(resolve, handle):
    with pytest.raises(ConfigError, match=r"cohorts\.brisc\.download\.kaggle"):
        resolve(cohorts={"brisc": {"download": {"kaggle": handle}}})


def test_names_are_composed_and_paths_are_plain(resolve):
    block = {"layout": "folders", "color": "grey", "image_size": 32, "classes": ["O\u0308dem", "b"]}
    cohort = resolve(cohorts={"own": {**block, "raw_folder": "./u\u0308//x/"}})[0].cohorts["own"]
    assert (cohort.raw_folder, cohort.archive, cohort.inside) == ("\u00fc/x", "x", "x")
    assert cohort.classes == ("\u00d6dem", "b")


@pytest.mark.parametrize("given", ["", "5", "[a]", "'  '", '"a\\0b"'])
def test_a_data_root_that_is_no_folder(with_local, given):
    with pytest.raises(ConfigError, match=r"data_root in globals\.yml is .* Name the folder"):
        assert with_local("globals.yml", f"data_root: {given}\n").data_root


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("dataroot: elsewhere\n", "unknown key 'dataroot'. Did you mean 'data_root'? Allowed: data_root."),
        ("training: {epochs: 3}\n", "unknown key 'training'. Allowed: data_root. Parameters belong"),
        ("- data_root\n", "globals.yml must hold keys and values, such as `data_root: data`."),
    ],
)
def test_what_nobody_asks_for_in_globals_is_refused(with_local, text, told):
    with pytest.raises(ConfigError, match=re.escape(told)) as caught:
        with_local("globals.yml", text)
    assert "globals.yml" in caught.value.message


def test_globals_may_be_empty_and_have_notes(with_local):
    noted = with_local("globals.yml", "_disk: /scratch\ndata_root: ${_disk}/images\n")
    assert noted.data_root == Path("/scratch/images")
    assert with_local("globals.yml", "# nothing\n").data_root == PROJECT / "data"
