import pytest

from s3f_pipeline.cohorts import list_files
from s3f_pipeline.errors import CohortError
from s3f_pipeline.layouts import CLASS_FOLDERS, LAYOUTS, list_function


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_has_a_function_in_the_room_of_cohorts(layout):
    function = list_function(layout)
    assert f"{function.__module__}:{function.__name__}" == LAYOUTS[layout]
    assert function.__module__.startswith("s3f_pipeline.cohorts.")


def test_layouts_with_class_folders_are_layouts():
    assert set(CLASS_FOLDERS) < LAYOUTS.keys()


def test_an_unknown_layout_is_told_where_it_belongs(tmp_path):
    with pytest.raises(CohortError, match=r"no layout 'eyes', but brisc, .* table\. One of your own needs a"):
        list_files("eyes", tmp_path, ("ill", "well"))


def test_the_layout_table_needs_its_columns(tmp_path):
    with pytest.raises(CohortError, match="needs a block 'table'"):
        list_files("table", tmp_path, ("ill", "well"))
