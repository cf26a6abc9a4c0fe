from typing import get_args

import pytest

from s3f_pipeline.cohorts import LAYOUTS, list_files
from s3f_pipeline.config.schema import CohortData
from s3f_pipeline.errors import CohortError


def test_every_layout_of_the_configuration_has_a_reader():
    assert {*LAYOUTS, "table"} == set(get_args(CohortData.model_fields["layout"].annotation))


def test_the_layout_table_needs_its_columns(tmp_path):
    with pytest.raises(CohortError, match="needs a block 'table'"):
        list_files("table", tmp_path, ("ill", "well"))
