"""What a logged network needs beside its bundle: code of this package, and packages of others."""

import ast
import os
import shutil
import sys
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

from s3f_pipeline.closure import closure

PACKAGE = Path(__file__).resolve().parents[1]
SERVED = PACKAGE / "tracking" / "served_model.py"
ROOT = f"{PACKAGE.name}.tracking.served_model:ServedNetwork"
DISTRIBUTIONS = {"PIL": "pillow", "cv2": "opencv-python-headless"}
"""Of packages that are imported by another name."""
BACKENDS = {"tensorflow", "jax", "torch"}


def served_files() -> list[Path]:
    """Find the files that serving runs, and those that these import at once, relative to the package."""
    found: set[Path] = set()
    waiting = [PACKAGE / path for path in closure(PACKAGE, (ROOT,)).code]
    while waiting:
        path = waiting.pop()
        if path not in found:
            found.add(path)
            ours = (_file_of(module) for module in imported_modules(path))
            waiting += [file for file in ours if file]
            around = (folder for folder in path.parents if folder.is_relative_to(PACKAGE))
            waiting += [folder / "__init__.py" for folder in around]
    return sorted(path.relative_to(PACKAGE) for path in found)


def requirements() -> list[str]:
    """Name the packages that serving needs, with their versions here, and one Keras backend."""
    names = set(closure(PACKAGE, (ROOT,)).others)
    for path in served_files():
        names |= {module.partition(".")[0] for module in imported_modules(PACKAGE / path)}
    others = names - BACKENDS - set(sys.stdlib_module_names) - {PACKAGE.name}
    wanted = others | {os.environ.get("KERAS_BACKEND", "tensorflow")}
    distributions = sorted(DISTRIBUTIONS.get(name, name) for name in wanted)
    return [f"{name}=={version(name)}" for name in distributions]


def copy_code(folder: Path) -> Path:
    """Copy the files that serving runs to a folder, as a package of the same name; returns it."""
    for path in served_files():
        target = folder / PACKAGE.name / path
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(PACKAGE / path, target)
    return folder / PACKAGE.name


def imported_modules(path: Path) -> Iterator[str]:
    """Modules that a file imports when it is imported; of ``from a import b`` both ``a`` and ``a.b``."""
    waiting: list[ast.AST] = [ast.parse(path.read_bytes())]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            waiting += node.orelse
        elif not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            waiting += ast.iter_child_nodes(node)


def _file_of(module: str) -> Path | None:
    """The file of one of our modules."""
    name, *rest = module.split(".")
    path = PACKAGE.joinpath(*rest)
    candidates = (path / "__init__.py", path.with_suffix(".py"))
    return next((file for file in candidates if name == PACKAGE.name and file.is_file()), None)
