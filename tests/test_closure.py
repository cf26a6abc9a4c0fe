import os
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import pytest

from s3f_pipeline.closure import closure, literal

FILES = {
    "__init__.py": '__version__ = "1"\n',
    "nodes.py": """
        import logging
        from typing import TYPE_CHECKING

        import numpy as np

        from house.rooms import build
        from house.rooms.scales import LIMIT

        if TYPE_CHECKING:
            from house.checked import Checked

        logger = logging.getLogger(__name__)


        def work(x: "Checked"):
            '''Work.'''
            from house import lazy

            logger.info("working")
            if x > LIMIT:
                raise ValueError(f"{x} is too much")
            return build(np.abs(x)) + lazy.add(x) + helper(x)


        def helper(x):
            # a comment
            return x + 1


        def unused(x):
            import pandas

            return pandas.isna(x)
    """,
    "lazy.py": """
        from house.deep.er import value as inner


        def add(x):
            return x + inner

        def not_called(x):
            return x
    """,
    "deep/__init__.py": "",
    "deep/er.py": "value = 3\n",
    "checked.py": "class Checked: ...\n",
    "rooms/__init__.py": """
        from house.rooms.building import build
        from house.rooms.other import other

        __all__ = ["build", "other"]
    """,
    "rooms/building.py": """
        from pathlib import Path

        from . import scales
        from .scales import factor as by

        PAGE = Path(__file__).parent / "pages"
        table = {}
        table["key"] = 1


        class Base:
            '''Base.'''


        class Builder(Base):
            '''Builder.'''

            size: int = 2
            '''Size.'''

        def build(x):
            return Builder().size * by * scales.LOWEST * len(PAGE.name)
    """,
    "rooms/scales.py": "LIMIT = 10\nfactor, LOWEST = 2, 1\nOTHER = 5\nLIMIT += 1\n",
    "rooms/other.py": "def other(x):\n    return x\n",
    "rooms/pages/style.css": "body {}\n",
    "rooms/pages/README.md": "About pages.\n",
}
ROOT = ("house.nodes:work",)


class House:
    """A small package; each edit makes a copy, because what is read once is not read again."""

    def __init__(self, folder: Path, files: dict[str, str]) -> None:
        self.folder, self.files, self.copies = folder, files, 0

    def closure(self, *functions: str, left_out=()):
        self.copies += 1
        package = self.folder / str(self.copies) / "house"
        for name, content in self.files.items():
            path = package / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(dedent(content))
        return closure(package, functions or ROOT, left_out)

    def edited(self, name: str, old: str, new: str, **options):
        assert old in self.files[name]
        other = House(
            self.folder / f"edit-{self.copies}", {**self.files, name: self.files[name].replace(old, new)}
        )
        self.copies += 1
        return other.closure(**options)

    def changed(self, name: str, old: str, new: str) -> set[str]:
        before, after = self.closure().code, self.edited(name, old, new).code
        return {path for path in before.keys() | after.keys() if before.get(path) != after.get(path)}


@pytest.fixture
def house(tmp_path):
    return House(tmp_path, FILES)


def test_imports_are_followed_wherever_they_stand_and_types_are_not(house):
    found = house.closure()
    assert list(found.code) == ["deep/er.py", "lazy.py", "nodes.py", "rooms/building.py", "rooms/scales.py"]
    assert "numpy" in found.others
    assert "pandas" not in found.others
    assert "pandas" in house.closure("house.nodes:unused").others


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("nodes.py", "'''Work.'''", "'''Work hard.'''"),
        ("nodes.py", "# a comment", "# another comment"),
        ("nodes.py", "x + 1", "(x  +\n            1)"),
        ("nodes.py", '"working"', '"working on %s", x'),
        ("nodes.py", "is too much", "is more than there may be"),
        ("nodes.py", "import pandas", "import polars as pandas"),
        ("nodes.py", "def unused(x)", "def added(x):\n            return 7\n\n        def unused(x)"),
        ("lazy.py", "def not_called(x)", "def not_called(x, y=1)"),
        ("rooms/building.py", "'''Size.'''", "'''Size in metres.'''"),
        ("rooms/building.py", "'''Base.'''", "'''The base.'''"),
        ("rooms/scales.py", "OTHER = 5", "OTHER = 6"),
        ("rooms/other.py", "return x", "return -x"),
        ("rooms/__init__.py", '"build", "other"', '"other", "build"'),
        ("rooms/pages/README.md", "About", "More about"),
        ("checked.py", "...", "x = 1"),
    ],
)
def test_what_decides_nothing_changes_nothing(house, name, old, new):
    assert house.changed(name, old, new) == set()


@pytest.mark.parametrize(
    ("name", "old", "new", "expected"),
    [
        ("nodes.py", "x + 1", "x + 2", "nodes.py"),
        ("nodes.py", "x > LIMIT", "x >= LIMIT", "nodes.py"),
        ("nodes.py", "ValueError", "TypeError", "nodes.py"),
        ("nodes.py", "import numpy as np", "import jax.numpy as np", "nodes.py"),
        ("lazy.py", "x + inner", "x - inner", "lazy.py"),
        ("deep/er.py", "3", "4", "deep/er.py"),
        ("rooms/building.py", "int = 2", "int = 3", "rooms/building.py"),
        ("rooms/building.py", '["key"] = 1', '["key"] = 2', "rooms/building.py"),
        ("rooms/building.py", "class Base:", "class Base(dict):", "rooms/building.py"),
        ("rooms/building.py", '"pages"', '"pages" "2"', "rooms/building.py"),
        ("rooms/scales.py", "LIMIT = 10", "LIMIT = 11", "rooms/scales.py"),
        ("rooms/scales.py", "LIMIT += 1", "LIMIT += 2", "rooms/scales.py"),
        ("rooms/scales.py", "factor, LOWEST = 2, 1", "factor, LOWEST = 1, 2", "rooms/scales.py"),
        ("rooms/pages/style.css", "{}", "{ color: red }", "rooms/building.py"),
    ],
)
def test_what_decides_is_noticed_in_the_file_where_it_stands(house, name, old, new, expected):
    assert house.changed(name, old, new) == {expected}


def test_other_definitions_under_the_same_names_are_noticed(house):
    house.files["nodes.py"] = (
        "from house.rooms import build, other\n\ndef work(x):\n    return build(other(x))\n"
    )
    house.files["rooms/__init__.py"] = "from house.rooms.both import build, other\n"
    house.files["rooms/both.py"] = "def build(x): return x\n\n\ndef other(x): return -x\n"
    changed = house.changed("rooms/__init__.py", "build, other", "build as other, other as build")
    assert changed == {"nodes.py"}


@pytest.mark.parametrize(
    ("nodes", "name", "old", "new"),
    [
        (
            """
            def work(x):
                if x:
                    from house.one import f
                else:
                    from house.two import f
                return f(x)
            """,
            "one.py", "x + 1", "x + 2",
        ),
        (
            """
            class Both:
                def one(self, x):
                    from house.one import f
                    return f(x)

                def two(self, x):
                    from house.two import f
                    return f(x)

            def work(x):
                return Both().one(x) + Both().two(x)
            """,
            "one.py", "x + 1", "x + 2",
        ),
        (
            """
            try:
                from house.one import f
            except ImportError:
                from house.two import f

            def work(x):
                return f(x)
            """,
            "one.py", "x + 1", "x + 2",
        ),
        (
            """
            from typing import TYPE_CHECKING

            if TYPE_CHECKING:
                LIMIT = 1
            else:
                LIMIT = 5

            def work(x):
                return x + LIMIT
            """,
            "nodes.py", "LIMIT = 5", "LIMIT = 6",
        ),
        ("def work(x, logger):\n    logger.append(1)\n", "nodes.py", "append(1)", "append(2)"),
        ("T = {}\ndef work(x):\n    raise T['a'](x)\n", "nodes.py", "'a'", "'b'"),
        (
            "from pathlib import Path\ndef work(x):\n    return Path(__file__).with_name('tables/t.csv')\n",
            "tables/t.csv", "1", "2",
        ),
    ],
    ids=["branches", "methods", "try", "else of types", "no log", "which error", "file in a folder"],
)  # fmt: skip
def test_whichever_way_the_code_takes_is_noticed(tmp_path, nodes, name, old, new):
    files = {
        "__init__.py": "", "nodes.py": nodes, "tables/t.csv": "1\n",
        "one.py": "def f(x):\n    return x + 1\n", "two.py": "def f(x):\n    return x\n",
    }  # fmt: skip
    assert House(tmp_path, files).changed(name, old, new)


def test_what_is_left_out_is_not_followed(house):
    assert "lazy.py" not in house.closure(left_out=("lazy",)).code
    found = house.closure(left_out=("lazy:add",))
    assert "lazy.py" not in found.code
    assert "deep/er.py" not in found.code
    assert "rooms/building.py" not in house.closure(left_out=("rooms",)).code


def test_functions_of_other_packages_are_passed_over(house):
    found = house.closure("elsewhere:work")
    assert found.code == {}
    assert found.others == {"elsewhere"}


def test_a_module_as_a_whole_counts_with_all_that_it_defines(house):
    house.files["nodes.py"] = "from house import lazy\n\n\ndef work(x):\n    return vars(lazy)\n"
    assert house.changed("lazy.py", "def not_called(x)", "def not_called(x, y=1)") == {"lazy.py"}


def test_a_written_value_is_read_without_import(tmp_path):
    package = tmp_path / "house"
    package.mkdir()
    (package / "table.py").write_text('raise SystemExit\nTABLE: dict[str, str] = {"a": "b"}\n')
    assert literal(package, "table", "TABLE") == {"a": "b"}
    with pytest.raises(KeyError):
        literal(package, "table", "OTHER")


def test_no_hash_depends_on_the_order_of_sets(house):
    script = "from pathlib import Path; from s3f_pipeline.closure import closure; "
    house.closure()
    script += f"print(closure(Path({str(house.folder / '1' / 'house')!r}), {ROOT!r}).code)"
    outputs = {
        subprocess.check_output([sys.executable, "-c", script], env={**os.environ, "PYTHONHASHSEED": seed})
        for seed in ("1", "2")
    }
    assert len(outputs) == 1
