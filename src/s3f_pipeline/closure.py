"""The import closure: all code of the package that functions run, found by reading and not by importing.

It is made of definitions (functions, classes, values at the top of a file) and not of whole files, so that
what is added beside them changes nothing. A definition belongs to it if one that does names it, whether it
is imported at the top of a file, inside a function, or through a package's ``__init__``. Statements that run
on import belong to it where anything of their file does. So do files that are not Python's, or folders of
them, which lie beside a file whose definitions name them in a string, alone or as its first folder.

Names that are only put together while the code runs (``getattr``, ``import_module``) are not seen, nor is
what only enters itself into a table of others when its file is imported.
"""

import ast
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Any

from s3f_pipeline.source import EFFECTS, Reference, Source, read_source

DIGITS = 16
"""Of a hash in a record."""
DOCUMENTATION = ".md"


@dataclass(frozen=True)
class Closure:
    """What functions run.

    Attributes:
        code: Hash of what is run of each file, by its path in the package, such as ``training/fit.py``.
        others: Top names of the packages that are used besides, such as ``numpy``.
    """

    code: dict[str, str]
    others: frozenset[str]


@cache
def closure(package: Path, functions: tuple[str, ...], left_out: tuple[str, ...] = ()) -> Closure:
    """Find all code that functions run.

    Args:
        package: Folder of the package; its name is the package's.
        functions: As ``<module>:<name>``; those of other packages are passed over.
        left_out: What does not count, and what it uses neither: ``<module>`` with all below it, or
            ``<module>:<name>``, without the package's name.
    """
    walk = _Walk(package, frozenset(left_out))
    for function in functions:
        module, _, name = function.partition(":")
        walk.follow(module, (name,))
    code = {path: _hash_of(walk.found[path]) for path in sorted(walk.found) if walk.found[path]}
    return Closure(code, frozenset(walk.others))


def literal(package: Path, module: str, name: str) -> Any:
    """The value of a name that is written out in a file, without importing it.

    Raises:
        KeyError: If the file does not define the name.
    """
    for statement in ast.parse(_file(package, f"{package.name}.{module}").read_bytes()).body:
        if isinstance(statement, ast.Assign):
            targets: list[ast.expr] = statement.targets
        elif isinstance(statement, ast.AnnAssign):
            targets = [statement.target]
        else:
            continue
        if statement.value and any(isinstance(each, ast.Name) and each.id == name for each in targets):
            return ast.literal_eval(statement.value)
    raise KeyError(name)


@dataclass
class _Walk:
    """A way through the package.

    Attributes:
        package: Its folder.
        left_out: What is passed over.
        found: By file, what each definition that counts comes to.
        others: Other packages.
        imported: Modules whose statements have run.
    """

    package: Path
    left_out: frozenset[str]
    found: dict[str, dict[str, str]] = field(default_factory=dict)
    others: set[str] = field(default_factory=set)
    imported: set[str] = field(default_factory=set)

    def follow(self, module: str, names: tuple[str, ...]) -> str:
        """Count what an import stands for, and all that it uses; returns where it is defined."""
        first, rest = names[:1], names[1:]
        if not self._is_ours(module):
            self.others.add(module.partition(".")[0])
        elif not self._is_left_out(module, first):
            self._run(module)
            source = self._source(module)
            if first and first[0] in source.definitions:
                self._count(module, source, first[0])
            elif first and (imported := _from_elsewhere(source, module, first)):
                return self._follow_all(imported, rest)
            elif first and _file(self.package, f"{module}.{first[0]}").is_file():
                return self.follow(f"{module}.{first[0]}", rest)
            else:
                self._count_all(module, source)
        return f"{module}:{'.'.join(names)}"

    def _follow_all(self, references: Iterable[Reference], rest: Iterable[str]) -> str:
        return " or ".join(self.follow(each.module, (*each.names, *rest)) for each in references)

    def _count(self, module: str, source: Source, name: str) -> None:
        path = _file(self.package, module)
        counted = self.found.setdefault(path.relative_to(self.package).as_posix(), {})
        if name in counted or self._is_left_out(module, (name,)):
            return
        content = source.definitions[name].content
        counted[name] = ""  # it may use itself
        said = hashlib.sha256(content.digest.encode())
        for used in content.used:
            first, *rest = used.split(".")
            imported = content.imports.get(first) or source.imports.get(first)
            if first in source.definitions and first not in content.imports:
                self._count(module, source, first)
            elif imported:
                said.update(f"{used} is {self._follow_all(imported, rest)}\n".encode())
        beside = _beside(path.parent)
        begun = {text.partition("/")[0] for text in content.texts}
        for entry in sorted(begun & beside.keys()):
            for file in beside[entry]:
                said.update(file.name.encode() + hashlib.sha256(file.read_bytes()).digest())
        counted[name] = said.hexdigest()

    def _count_all(self, module: str, source: Source) -> None:
        for name in source.definitions:
            self._count(module, source, name)
        for imported in chain.from_iterable(source.imports.values()):
            if self._is_ours(imported.module):
                self.follow(imported.module, imported.names)

    def _run(self, module: str) -> None:
        """Count the statements that run when a module is imported, and those of the packages around it."""
        if module in self.imported or self._is_left_out(module, ()):
            return
        self.imported.add(module)
        if "." in module:
            self._run(module.rpartition(".")[0])
        source = self._source(module)
        if EFFECTS in source.definitions:
            self._count(module, source, EFFECTS)
        for loaded in sorted(source.loaded):
            if self._is_ours(loaded):
                self._run(loaded)

    def _is_ours(self, module: str) -> bool:
        return module.partition(".")[0] == self.package.name

    def _is_left_out(self, module: str, names: tuple[str, ...]) -> bool:
        parts = module.split(".")[1:]
        modules = {".".join(parts[: end + 1]) for end in range(len(parts))}
        return bool(self.left_out & (modules | {f"{'.'.join(parts)}:{name}" for name in names}))

    def _source(self, module: str) -> Source:
        path = _file(self.package, module)
        return read_source(path, module if path.name == "__init__.py" else module.rpartition(".")[0])


def _from_elsewhere(source: Source, module: str, name: tuple[str, ...]) -> list[Reference]:
    """What a name of a module is imported from; a package that imports its own module only names it."""
    return [each for each in source.imports.get(name[0], ()) if each != Reference(module, name)]


def _hash_of(definitions: dict[str, str]) -> str:
    lines = "\n".join(f"{name} {digest}" for name, digest in sorted(definitions.items()))
    return hashlib.sha256(lines.encode()).hexdigest()[:DIGITS]


@cache
def _file(package: Path, module: str) -> Path:
    path = package.parent.joinpath(*module.split("."))
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


@cache
def _beside(folder: Path) -> dict[str, list[Path]]:
    """By the name of what lies beside Python files, the files that it holds."""
    others = (entry for entry in folder.iterdir() if entry.suffix != ".py")
    return {
        entry.name: [
            file
            for file in sorted(entry.rglob("*") if entry.is_dir() else [entry])
            if file.is_file() and file.suffix != DOCUMENTATION
        ]
        for entry in others
        if not (entry / "__init__.py").exists()
    }
