import pytest
from end_to_end_project import Project


@pytest.fixture(scope="module")
def project(tmp_path_factory) -> Project:
    """The project, in which nothing has run."""
    return Project(tmp_path_factory.mktemp("project"))
