import pytest
from hypothesis import given
from hypothesis import strategies as st

from s3f_pipeline.config.reading import DEEPEST, check_yaml, read_yaml
from s3f_pipeline.errors import ConfigError

LAUGHS = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{before}'] * 10)}]\n"
    for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)


def written(folder, content):
    path = folder / "parameters.yml"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


@pytest.mark.parametrize("content", ["", "\ufeffa: 1\n", "a: &a {b: 1}\nc: *a\nd: {<<: *a, e: 2}\n"])
def test_what_can_be_read(tmp_path, content):
    read_yaml(written(tmp_path, content))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("a:\n  b: {c: 1\n", r"line 3, column 1, is not valid YAML: did not find expected ',' or '}'"),
        ("a:\n\tb: 1\n", r"line 2, column 1, .* Indent with blanks, not with tabs"),
        ("a: 1\nb: 2\na: 3\n", r"line 3, column 1, .*duplicate key a"),
        ("a: b: c\n", r"line 1, column 5, .*mapping values are not allowed"),
        ("a: 1\n---\nb: 2\n", r"line 2, column 1, .*expected a single document .*but found another"),
        ("a: *b\n", r"line 1, column 4, .*undefined alias 'b'"),
        ("a: !!python/object:os.system {}\n", r"line 1, column 4, .*could not determine a constructor"),
        ("? [1]\n: 3\n", r"line 1, column 3, .*unhashable key"),
        ("a: \x07\n", r"the character '\\x07' is not allowed"),
        ("a: \0\n", r"the character '\\x00' is not allowed"),
        ("a: 1\nb: \u00f6\n".encode("latin-1"), "line 2, is not in UTF-8. Save the file again, in UTF-8"),
        ("a: 1\n".encode("utf-16"), "line 1, is not in UTF-8"),
        ("a: &a [*a]\n", r"line 1, column 8, .*\*a stands inside of what it stands for"),
        ("a: &a {b: {c: *a}}\n", r"line 1, column 15, .*\*a stands inside"),
        ("a: &a\n  <<: *a\n", r"line 2, column 7, .*\*a stands inside"),
        (LAUGHS, r"line 6, .*aliases stand for more than 1000000 values"),
        ("[" * 100_000, rf"line 1, column {DEEPEST + 1}, .*nested more than {DEEPEST} deep"),
        ("- " * 3000, rf"nested more than {DEEPEST} deep"),
        ("a: ${b}\nb: ${a}\n", "cannot be read: Recursive interpolation"),
        ("a: ${nowhere}\n", "cannot be read: Interpolation key 'nowhere' not found"),
    ],
)
def test_one_message_says_where(tmp_path, content, words):
    with pytest.raises(ConfigError, match=words) as caught:
        read_yaml(written(tmp_path, content))
    assert caught.value.message.startswith(str(tmp_path / "parameters.yml"))
    assert len(caught.value.message) < 400


@given(
    st.one_of(st.binary(max_size=40), st.text(st.sampled_from("a:&*<-[]{}!%?|>'\"#\n\t ,${}"), max_size=30))
)
def test_no_file_raises_anything_else(tmp_path_factory, content):
    path = written(tmp_path_factory.mktemp("conf"), content)
    try:
        read_yaml(path)
    except ConfigError:
        return
    check_yaml(path)
