"""Functions that can be read at a glance."""

import ast

from s3f_pipeline.config.loader import PROJECT

MOST_LINES = 60
"""Of a function, signature and docstring included."""
LONGER = {"compute_metrics"}
"""Its docstring names every figure."""


def test_no_function_is_long():
    lengths = {
        f"{path.name}: {node.name}": node.end_lineno - node.lineno + 1
        for path in (PROJECT / "src").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name not in LONGER
    }
    assert len(lengths) > 1000
    assert {name: length for name, length in lengths.items() if length > MOST_LINES} == {}
