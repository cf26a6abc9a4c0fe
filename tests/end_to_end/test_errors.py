import shutil

import pytest

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--pipeline=brisc_bilinear"], ["1. put the folder", "S3F_ARCHIVES", "3. download it from"]),
        (["--pipeline=brisc_bilinea"], ["'brisc_bilinea'", "Did you mean", "brisc_bilinear"]),
        (["--env=nowhere"], ["no configuration folder", "nowhere"]),
        (["--params=training.epoch=3"], ["--params: unknown key 'training.epoch'", "training.epochs"]),
        (["--params=image_size=huge"], ["image_size", "height x width"]),
        (
            ["--pipeline=brisc_spatial", "--tags=training"],
            [
                " is missing, and training of brisc",
                "kedro run --pipeline=brisc_spatial",
                "without --tags",
            ],
        ),
        (["--env=demo", "--runner=ThreadRunner"], ["Leave --runner out", "runner=StageRunner()"]),
        (["--env=demo", "--runner=ParallelRunner"], ["Leave --runner out"]),
        (
            ["--env=demo", "--nodes=brisc.patient_safe.bilinear.predict"],
            ["A stage is run as a whole", "bilinear.measure", "--tags=evaluation"],
        ),
    ],
)
def test_one_clear_message(project, arguments, words):
    output = project.kedro("run", "--pipeline=brisc_bilinear", *arguments, succeeds=False)
    assert "Traceback" not in output
    assert output.count("Error: ") == 1
    message = output[output.index("Error: ") :]
    for word in words:
        assert word in message


def test_a_network_that_cannot_be_built_is_refused_before_images_are_got_for_it(project):
    output = project.kedro(
        "run", "--env=demo", "--pipeline=brisc_bilinear", "--params=image_size=8", succeeds=False
    )
    assert "Images of 8 x 8 pixels are too small for the spatial tower" in output
    assert "Running" not in output


WRONG = """
cohorts:
  mine: {layout: folders, raw_folder: mine, color: grey, image_size: 32, classes: [no, yes]}
"""


def test_a_wrong_cohort_of_ones_own_does_not_block_the_others(project):
    environment = project.root / "conf/wrong"
    shutil.copytree(project.root / "conf/demo", environment)
    (environment / "parameters_mine.yml").write_text(WRONG)
    words = "cohorts.mine.classes.0: YAML reads this as true or false and not as text: put quotes around it"
    listed = project.kedro("registry", "list", KEDRO_ENV="wrong")
    assert words in listed
    assert "brisc_audit" in listed
    output = project.kedro("run", "--env=wrong", "--pipeline=brisc_audit")
    assert "mine" not in output
    output = project.kedro("run", "--env=wrong", "--pipeline=mine_audit", succeeds=False)
    assert output.count("Error: ") == 1
    assert words in output
    assert "Running" not in output
