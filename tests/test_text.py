import pytest
from hypothesis import given
from hypothesis import strategies as st

from s3f_pipeline.text import indented, one_line

ANYTHING = st.text(st.characters(), max_size=40)  # halves of a character included


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("scan 7.png", "scan 7.png"),
        ("Gliom – höhergradig (脳腫瘍)", "Gliom – höhergradig (脳腫瘍)"),
        ("a\n12:00:00  ERROR: forged", "a\\n12:00:00  ERROR: forged"),
        ("\x1b[2J\r\t\0", "\\x1b[2J\\r\\t\\x00"),
        ("a\u2028b\x85c", "a\\u2028b\\x85c"),
        ("\udcff\u202egnp.exe", "\\udcff\\u202egnp.exe"),
    ],
)
def test_what_moves_the_cursor_is_seen(text, shown):
    assert one_line(text) == shown


@given(ANYTHING)
def test_any_text_is_one_printable_line(text):
    shown = one_line(text)
    assert len(shown.splitlines()) <= 1
    assert shown.encode("utf-8").decode("utf-8") == shown
    assert one_line(shown) == shown


@given(ANYTHING)
def test_no_line_after_the_first_passes_for_new(text):
    first, *rest = indented(text, by="  ").splitlines() or [""]
    assert first == one_line(text.split("\n")[0].replace("\t", "    "))
    assert all(line == "" or line.startswith(" ") for line in rest)


def test_lines_that_are_set_in_stay_as_they_are():
    assert indented("a\n    b\nc\n", by="  ") == "a\n    b\n  c\n"
