import pytest

from s3f_pipeline.errors import ResultsError
from s3f_pipeline.reporting.markdown import fill_blocks, table

PAGE = "Before\n\n<!-- leaderboard: busi patient_safe -->\nold\n<!-- end -->\n\nAfter\n"


def test_text_in_cells_cannot_break_a_table():
    lines = table(["a", "b"], [["x|y", "two\nlines"], ["back\\slash", ""]]).splitlines()
    assert lines[:2] == ["| a | b |", "| --- | --- |"]
    assert all(line.replace("\\|", "").count("|") == 3 for line in lines)
    assert len(lines) == 4


def test_a_block_is_filled_and_the_rest_stays():
    filled = fill_blocks(PAGE, {"busi patient_safe": "new\n\ntext"})
    assert filled == PAGE.replace("old", "new\n\ntext")
    assert fill_blocks(filled, {"busi patient_safe": "old"}) == PAGE


def test_an_unknown_block_is_refused_with_those_there_are():
    with pytest.raises(ResultsError, match=r"no block 'busi patient_safe' to fill\. Names: brisc"):
        fill_blocks(PAGE, {"brisc patient_safe": ""})
    with pytest.raises(ResultsError, match="has no block"):
        fill_blocks("Text", {"brisc patient_safe": ""})
