import pytest

import s3f_pipeline.walk
from s3f_pipeline.walk import walk


@pytest.fixture
def folder(tmp_path):
    root = tmp_path / "data/raw"
    for path in ("ill/1.png", "well/2.png", "well/deep/3.png"):
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).touch()
    return root


FILES = ["ill/1.png", "well/2.png", "well/deep/3.png"]


@pytest.mark.parametrize(
    ("link", "target"),
    [
        ("ill/all", ".."),
        ("ill/all", "../.."),
        ("ill/all", "."),
        ("ill/all", "../../.."),
        ("well/deep/up", ".."),
        ("ill/sibling", "../well"),
        ("ill/part", "../well/deep"),
        ("ill/root", "/"),
    ],
)
def test_a_link_to_what_is_walked_or_above_is_passed_over(folder, link, target):
    (folder / link).symlink_to(target)
    walked = walk(folder)
    assert sorted(walked.files) == FILES
    assert walked.links == [link]


def test_two_links_up_do_not_branch(folder):
    for label in ("ill", "well"):
        for name in ("all", "again"):
            (folder / label / name).symlink_to("..")
    walked = walk(folder)
    assert sorted(walked.files) == FILES
    assert len(walked.links) == 4


def test_links_to_elsewhere_are_followed_once(folder, tmp_path):
    (tmp_path / "disk/a").mkdir(parents=True)
    (tmp_path / "disk/a/9.png").touch()
    (folder / "ill/x").symlink_to(tmp_path / "disk")
    (folder / "ill/y").symlink_to(tmp_path / "disk/a")
    (folder / "well/x").symlink_to(tmp_path / "disk")
    (tmp_path / "disk/back").symlink_to(folder)
    (tmp_path / "disk/a/up").symlink_to("..")
    walked = walk(folder)
    assert sorted(walked.files) == ["ill/1.png", "ill/x/a/9.png", "well/2.png", "well/deep/3.png"]
    assert sorted(walked.links) == ["ill/x/a/up", "ill/x/back", "ill/y", "well/x"]


def test_a_folder_inside_that_a_link_has_led_to_is_not_walked_again(folder, tmp_path):
    (tmp_path / "disk/a").mkdir(parents=True)
    (tmp_path / "disk/a/9.png").touch()
    (folder / "ill/x").symlink_to(tmp_path / "disk/a")
    (folder / "ill/y").symlink_to(tmp_path / "disk")
    walked = walk(folder)
    assert "ill/x/9.png" in walked.files
    assert walked.links == ["ill/y/a"]


def test_the_beginning_may_be_a_link(folder, tmp_path):
    (tmp_path / "link").symlink_to(folder)
    (folder / "ill/all").symlink_to("..")
    walked = walk(tmp_path / "link")
    assert sorted(walked.files) == FILES
    assert walked.links == ["ill/all"]


def test_links_to_nothing_and_to_themselves_are_files(folder):
    (folder / "ill/gone.png").symlink_to("nowhere")
    (folder / "ill/self").symlink_to("self")
    assert sorted(walk(folder).files) == ["ill/1.png", "ill/gone.png", "ill/self", *FILES[1:]]


def test_a_folder_that_cannot_be_read_is_told(folder):
    errors = []
    walk(folder / "nowhere", errors.append)
    assert [error.filename for error in errors] == [str(folder / "nowhere")]


@pytest.mark.parametrize("slow", [0.0, 60.0])
def test_a_walk_that_takes_long_shows_its_progress(folder, monkeypatch, capsys, slow):
    monkeypatch.setattr(s3f_pipeline.walk, "SLOW", slow)
    walk(folder)
    assert ("Looking for files: " in capsys.readouterr().err) == (slow == 0)
