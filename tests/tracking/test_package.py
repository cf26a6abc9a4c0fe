"""What a served network needs is with it, and no more."""

import re
import subprocess
import sys

import pytest

from s3f_pipeline.tracking.package import PACKAGE, copy_code, imported_modules, requirements, served_files

FILES = {str(path) for path in served_files()}


def test_what_serves_and_reads_images_is_there_and_what_trains_and_reports_is_not():
    assert {"serving/payload.py", "images/decode.py", "bundle/opening.py", "models/loading.py"} <= FILES
    rooms = {path.partition("/")[0] for path in FILES}
    assert not rooms & {"acquisition", "pipelines", "reporting", "splits", "sweep", "config", "cohorts"}
    assert len(FILES) < 120


def test_all_that_is_imported_at_once_is_there():
    for path in FILES:
        for module in imported_modules(PACKAGE / path):
            name, *rest = module.split(".")
            file = PACKAGE.joinpath(*rest).with_suffix(".py")
            if name == PACKAGE.name and file.is_file():
                assert str(file.relative_to(PACKAGE)) in FILES, module


def test_requirements_are_pinned_and_name_one_backend():
    found = requirements()
    assert all(re.fullmatch(r"[a-z0-9-]+==[0-9.]+\w*", one) for one in found)
    names = {one.partition("==")[0] for one in found}
    needed = {"keras", "tensorflow", "mlflow", "numpy", "opencv-python-headless", "pydicom", "pillow"}
    assert needed <= names
    assert not names & {"jax", "kedro", "s3f-pipeline", "scikit-learn", "dvc", "matplotlib"}


def test_the_imports_of_a_file_are_those_that_run(tmp_path):
    path = tmp_path / "module.py"
    path.write_text(
        "import a.b\nfrom c import d\nif TYPE_CHECKING:\n    import not_this\nelse:\n    import e\n"
        "class F:\n    import g\ndef h():\n    import nor_this\ntry:\n    import i\nfinally:\n    pass\n"
    )
    assert set(imported_modules(path)) == {"a.b", "c", "c.d", "e", "g", "i"}


@pytest.mark.slow
def test_the_copied_code_imports_without_the_rest(tmp_path):
    code = copy_code(tmp_path)
    script = (
        "import sys; sys.path.insert(0, sys.argv[1]);"
        "import s3f_pipeline.bundle.network, s3f_pipeline.images.decode;"
        "import s3f_pipeline.serving.service, s3f_pipeline.serving.guard; print(s3f_pipeline.__file__)"
    )
    done = subprocess.run(
        [sys.executable, "-P", "-c", script, str(tmp_path)],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={},
    )
    assert done.stdout.strip() == str(code / "__init__.py"), done.stderr
