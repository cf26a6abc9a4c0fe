"""An installed package has every file that its code reads."""

import tomllib
from pathlib import Path

import s3f_pipeline

PACKAGE = Path(s3f_pipeline.__file__).parent
PYPROJECT = PACKAGE.parents[1] / "pyproject.toml"


def test_every_file_that_is_no_code_is_packaged():
    patterns = tomllib.loads(PYPROJECT.read_text())["tool"]["setuptools"]["package-data"]["s3f_pipeline"]
    packaged = {file for pattern in patterns for file in PACKAGE.glob(pattern)}
    others = {file for file in PACKAGE.rglob("*") if file.is_file() and file.suffix not in (".py", ".pyc")}
    assert others - packaged == set()
    assert {file.name for file in packaged} >= {"claim_2024.yml", "tripod_ai.yml", "brisc_patients.csv"}
