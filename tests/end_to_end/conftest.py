import pytest
from end_to_end_project import Project


@pytest.fixture(scope="session")
def project(tmp_path_factory) -> Project:
    """The project, with the small demonstration run once."""
    project = Project(tmp_path_factory.mktemp("project"))
    project.first_output = project.kedro("run", "--env=demo", "--pipeline=brisc_bilinear")
    return project
