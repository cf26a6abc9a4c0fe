"""One story: a finished experiment, and then changes in the package, its parameters and its files."""

import json

import pytest
from end_to_end_project import Project

from s3f_pipeline.pipelines.stages import EXPERIMENT_STAGES

pytestmark = [pytest.mark.slow, pytest.mark.long]
DEMO = """
image_size: 16
phantoms:
  images_per_class: {train: 12, test: 4}
  seed: 0
training:
  epochs: 1
"""
RUN = ("run", "--env=demo", "--pipeline=brisc_spatial")
STATUS = ("sweep", "--env=demo", "--cohorts=brisc", "--variants=spatial", "--status")
EXPERIMENT = "brisc.patient_safe.spatial"
RUN_FOLDER = "brisc/patient_safe/spatial/seed-0"


class Changed(Project):
    """A project whose package is edited."""

    def replace(self, name: str, old: str, new: str) -> None:
        path = self.root / "src/s3f_pipeline" / name
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new))

    def run(self, *more: str) -> tuple[list[str], str]:
        """Run the experiment; returns the stages that were run, without the first one, and the output."""
        output = self.kedro(*RUN, *more)
        ran = [line.rpartition("Running: ")[2] for line in output.splitlines() if "Running: " in line]
        return [title for title in ran if not title.startswith("acquisition")], output


def test_what_is_made_again_is_what_depends_on_the_change_and_the_reason_is_told(tmp_path):
    project = Changed(tmp_path)
    (project.root / "conf/demo/parameters.yml").write_text(DEMO)
    assert project.run()[0][-3:] == [f"{name} of {EXPERIMENT}" for name in EXPERIMENT_STAGES]
    model = (project.demo / "06_models" / RUN_FOLDER / "model.keras").read_bytes()

    (project.root / "src/s3f_pipeline/models/tiny.py").write_text("def tiny(images):\n    return images\n")
    table = "VARIANTS: dict[str, str] = {\n"
    project.replace("models/networks.py", table, f'{table}    "tiny": "s3f_pipeline.models.tiny:tiny",\n')
    project.replace("training/fit.py", '"""A trained network', '"""The trained network')
    assert project.run()[0] == []
    project.replace("reporting/templates/report.css", "#f4f6f8", "#fefefe")
    ran, output = project.run()
    assert ran == [f"reporting of {EXPERIMENT}"]
    assert f"reporting of {EXPERIMENT}: code of reporting/page.py; what is there is replaced" in output
    assert "#fefefe" in (project.demo / "08_reporting" / RUN_FOLDER / "report.html").read_text()
    assert (project.demo / "06_models" / RUN_FOLDER / "model.keras").read_bytes() == model

    project.replace("training/fit.py", "max(1, ", "max(2 - 1, ")
    status = project.kedro(*STATUS)
    assert "outdated: brisc_spatial, seed-0: training: code of training/fit.py" in " ".join(status.split())
    ran, output = project.run("--params=training.epochs=2")
    assert ran[0] == f"training of {EXPERIMENT}"
    told = "parameter training.epochs 1 → 2, code of training/fit.py"
    assert f"training of {EXPERIMENT}: {told}; what is there is replaced" in output
    record = json.loads((project.demo / "06_models" / RUN_FOLDER / "training.record.json").read_text())
    assert record["reason"] == told
