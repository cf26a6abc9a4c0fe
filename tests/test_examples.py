"""Examples in docstrings do what they say."""

import doctest
from importlib import import_module

import pytest

from s3f_pipeline.config.loader import PROJECT

SOURCES = sorted(path for path in (PROJECT / "src").rglob("*.py") if ">>> " in path.read_text())
MODULES = [".".join(path.relative_to(PROJECT / "src").with_suffix("").parts) for path in SOURCES]


@pytest.mark.parametrize("module", MODULES)
def test_the_examples_of_a_module_run(module, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    loaded = import_module(module)
    assert any(test.examples for test in doctest.DocTestFinder().find(loaded)), "no docstring has them"
    assert not doctest.testmod(loaded).failed
