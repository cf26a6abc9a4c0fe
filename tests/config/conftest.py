import shutil

import pytest

from s3f_pipeline.config.loader import PROJECT, ProjectConfigLoader


@pytest.fixture
def with_local(tmp_path):
    """Make a loader whose local environment has one more file."""

    def load(name, text):
        shutil.copytree(PROJECT / "conf", tmp_path / "conf", dirs_exist_ok=True)
        (tmp_path / "conf/local").mkdir(exist_ok=True)
        (tmp_path / "conf/local" / name).write_text(text, encoding="utf-8")
        return ProjectConfigLoader(str(tmp_path / "conf"), base_env="base", default_run_env="local")

    yield load
    ProjectConfigLoader.current = None
