import json
import subprocess
import sys
from dataclasses import replace

import pytest

from s3f_pipeline.evaluation.openings import (
    FILE_NAME,
    Opening,
    count_openings,
    read_openings,
    record_opening,
)

FIRST = Opening(
    test_set="t",
    variant="spatial",
    seed=0,
    fold=None,
    config_hash="c",
    result="r",
    splits_hash="s",
    selection_split="validation",
    mlflow_run_id=None,
    date="2026-01-31T05:10:00+00:00",
    images="a b c d",
)


@pytest.mark.parametrize(
    "changed",
    [{"seed": 1}, {"fold": 2}, {"config_hash": "d"}, {"result": "q"}, {"splits_hash": "u", "seed": 1}],
)
def test_another_result_is_another_look(tmp_path, changed):
    assert record_opening(tmp_path, FIRST) == {"by_variant": 1, "by_any_variant": 1}
    other = replace(FIRST, **changed)
    assert record_opening(tmp_path, other) == {"by_variant": 2, "by_any_variant": 2}


def test_the_same_result_again_keeps_its_number(tmp_path):
    record_opening(tmp_path, FIRST)
    record_opening(tmp_path, replace(FIRST, seed=1))
    again = replace(FIRST, date="2027-01-01T00:00:00+00:00", mlflow_run_id="new")
    assert record_opening(tmp_path, again) == {"by_variant": 1, "by_any_variant": 1}
    assert len((tmp_path / FILE_NAME).read_text().splitlines()) == 2


def test_variants_and_other_images_are_counted_apart():
    before = [
        FIRST,
        replace(FIRST, variant="bilinear"),
        replace(FIRST, test_set="other", seed=5, images="e f"),
    ]
    assert count_openings(before, replace(FIRST, seed=1)) == {"by_variant": 2, "by_any_variant": 3}
    assert count_openings(before, replace(FIRST, variant="concat")) == {"by_variant": 1, "by_any_variant": 3}


@pytest.mark.parametrize(
    ("images", "looks"),
    [("a b c e", 2), ("a b e f", 1), ("a b c d e f g", 2), ("e f g h", 1), ("a", 2)],
)
def test_another_test_set_is_as_new_as_most_of_its_images(tmp_path, images, looks):
    record_opening(tmp_path, FIRST)
    other = replace(FIRST, test_set="other", images=images)
    assert record_opening(tmp_path, other) == {"by_variant": looks, "by_any_variant": looks}
    told = record_opening(tmp_path, replace(other, variant="bilinear", seed=1))
    assert told == {"by_variant": 1, "by_any_variant": looks + 1}


def test_images_that_were_looked_at_in_parts_are_not_new(tmp_path):
    record_opening(tmp_path, replace(FIRST, test_set="fold 0", fold=0, images="a b"))
    record_opening(tmp_path, replace(FIRST, test_set="fold 1", fold=1, images="c d"))
    assert record_opening(tmp_path, FIRST)["by_any_variant"] == 2


def test_images_stand_in_the_record_once_and_lines_without_them_count(tmp_path):
    (tmp_path / FILE_NAME).write_text(json.dumps(vars(replace(FIRST, images=""))) + "\n")
    assert record_opening(tmp_path, replace(FIRST, seed=1))["by_any_variant"] == 2
    assert record_opening(tmp_path, replace(FIRST, seed=2))["by_any_variant"] == 3
    kept, _ = read_openings((tmp_path / FILE_NAME).read_bytes())
    assert [opening.images for opening in kept] == ["", "a b c d", ""]


@pytest.mark.parametrize("damage", [b'{"test_set": "t"', b"\xff\xfe", b"{}\n", b"[1]\n", b"3\n"])
def test_a_damaged_record_is_kept_and_never_starts_at_one(tmp_path, caplog, damage):
    path = tmp_path / FILE_NAME
    path.write_bytes(damage)
    unknown = {"by_variant": None, "by_any_variant": None}
    assert record_opening(tmp_path, FIRST) == unknown
    assert record_opening(tmp_path, replace(FIRST, seed=1)) == unknown
    assert str(path) in caplog.text
    kept, *added = path.read_bytes().splitlines()
    assert kept == damage.strip()
    assert len(added) == 2
    assert record_opening(tmp_path, FIRST) == unknown
    assert len(path.read_bytes().splitlines()) == 3
    assert read_openings(b"\n".join(added)) == ([FIRST, replace(FIRST, seed=1, images="")], 0)
    path.write_bytes(b"\n".join(added))
    assert record_opening(tmp_path, replace(FIRST, seed=2))["by_variant"] == 3


def test_a_record_that_cannot_be_read_stops_nothing(tmp_path, caplog):
    (tmp_path / FILE_NAME).mkdir()
    assert record_opening(tmp_path, FIRST) == {"by_variant": None, "by_any_variant": None}
    assert len(caplog.records) == 1


def test_processes_that_write_at_once_lose_nothing(tmp_path):
    script = (
        "import json, sys\n"
        "from pathlib import Path\n"
        "from s3f_pipeline.evaluation.openings import Opening, record_opening\n"
        "facts = json.loads(sys.argv[2])\n"
        "print('ready', flush=True)\n"
        "sys.stdin.readline()\n"
        "for _ in range(20):\n"
        "    facts['seed'] += 1\n"
        "    print(record_opening(Path(sys.argv[1]), Opening(**facts))['by_any_variant'])\n"
    )
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", script, str(tmp_path), json.dumps({**vars(FIRST), "variant": variant})],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for variant in ("spatial", "bilinear")
    ]
    for process in processes:
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        process.stdin.write("\n")
        process.stdin.flush()
    told = [int(n) for process in processes for n in process.communicate(timeout=60)[0].split()]
    assert sorted(told) == list(range(1, 41))
