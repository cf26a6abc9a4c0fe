import errno

from s3f_pipeline.cli import readable
from s3f_pipeline.errors import SplitError


def caused(outer, inner):
    outer.__cause__ = inner
    return outer


def test_our_own_error_is_found_below_others():
    ours = SplitError("one group stands on two sides")
    assert readable(caused(RuntimeError("wrapped"), ours)) is ours


def test_a_full_disk_says_what_to_do():
    full = OSError(errno.ENOSPC, "No space left on device", "model.keras")
    message = readable(caused(RuntimeError("Failed while saving"), full)).message
    assert "The disk is full (model.keras). Make room and run the same command again" in message


def test_anything_else_becomes_one_line():
    assert readable(ValueError("a\n  b")).message == "a b (ValueError)"


def test_a_place_that_cannot_be_written_to_is_named():
    refused = OSError(errno.EROFS, "Read-only file system", "data/03_primary/brisc")
    message = readable(caused(RuntimeError("Failed while saving"), refused)).message
    assert "data/03_primary/brisc cannot be written: Read-only file system." in message
    assert "conf/local/globals.yml" in message


def test_an_unknown_pipeline_is_named():
    """In Kedro's words: kedro.framework.session, ``run``."""
    told = (
        "Failed to find the pipeline named 'mine_bilinaer_published'. It needs to be generated and returned "
        "by the 'register_pipelines' function. Did you mean one of these instead?\n    mine_bilinear"
    )
    message = readable(ValueError(told)).message
    assert message.startswith("There is no pipeline 'mine_bilinaer_published'.")
    assert "no _published pipelines" in message
    assert message.endswith("Did you mean one of these instead?\n    mine_bilinear")
    assert readable(ValueError("Failed to find the pipeline named 'x'. …")).message == (
        "There is no pipeline 'x'. `kedro registry list` names all."
    )
