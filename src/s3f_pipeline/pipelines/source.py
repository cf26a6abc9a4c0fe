"""One Python file, read and not run: what it defines, what each definition says, and what it uses.

What a definition says is told apart from how it is written: formatting, comments, documentation, lines for
the log and the wording of errors do not count.
"""

import ast
import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

LOGGER = "logger"
"""What modules call their logger; lines for the log decide nothing."""
EFFECTS = ""
"""The name of all statements that define nothing, but do something when the file is imported."""


@dataclass(frozen=True)
class Reference:
    """What an import stands for.

    Attributes:
        module: Dotted name.
        names: What is taken of the module, then of that, and so on; empty for the module itself.
    """

    module: str
    names: tuple[str, ...] = ()


@dataclass
class Definition:
    """A name and all statements of the file that give it a value.

    Attributes:
        said: What the statements say, token by token.
        used: Dotted names that occur in them.
        texts: Strings that occur in them.
        imports: What they import themselves, by the name that it gets.
    """

    said: list[str] = field(default_factory=list)
    used: set[str] = field(default_factory=set)
    texts: set[str] = field(default_factory=set)
    imports: dict[str, Reference] = field(default_factory=dict)

    @property
    def digest(self) -> str:
        """Hash of what the statements say."""
        return hashlib.sha256("\0".join(self.said).encode(errors="surrogatepass")).hexdigest()

    def add(self, statement: ast.AST, package: str) -> None:
        """Read a statement; ``package`` is what relative imports begin at."""
        self.imports |= imports_of(statement, package)
        self._read(statement)

    def _read(self, node: ast.AST) -> None:
        self.said.append(type(node).__name__)
        if isinstance(node, ast.Name):
            self.used.add(node.id)
        elif isinstance(node, ast.Attribute) and (name := _dotted(node)):
            self.used.add(name)
            self.said.append(name)
            return
        elif isinstance(node, ast.Raise):
            _blank_texts(node)
        elif isinstance(node, ast.Constant):
            self.said.append(repr(node.value))
            if isinstance(node.value, str):
                self.texts.add(node.value)
            return
        for name in node._fields:
            value = getattr(node, name, None)
            if isinstance(value, list):
                self.said.append(name)
                for item in value:
                    self._read_item(item)
                self.said.append("]")
            elif value is not None and not isinstance(value, ast.expr_context):
                self.said.append(name)
                self._read_item(value)

    def _read_item(self, item: object) -> None:
        if not isinstance(item, ast.AST):
            self.said.append(repr(item))
        elif not _says_nothing(item):
            self._read(item)


@dataclass(frozen=True)
class Source:
    """A file.

    Attributes:
        definitions: By name; under ``EFFECTS`` what runs on import.
        imports: What is imported at its top, by the name that it gets.
        loaded: Modules that are imported whole, such as ``import a.b``.
    """

    definitions: dict[str, Definition]
    imports: dict[str, Reference]
    loaded: frozenset[str]


@lru_cache(maxsize=None)
def read_source(path: Path, package: str) -> Source:
    """Read a file once per process.

    Args:
        path: Where it lies.
        package: Dotted name of the package that it is in.
    """
    definitions: dict[str, Definition] = {}
    imports: dict[str, Reference] = {}
    loaded: set[str] = set()
    for statement in ast.parse(path.read_bytes()).body:
        if _says_nothing(statement):
            continue
        if isinstance(statement, ast.Import | ast.ImportFrom):
            imports |= imports_of(statement, package)
            loaded |= {alias.name for alias in statement.names if isinstance(statement, ast.Import)}
            continue
        names = _defined(statement)
        if not names:
            imports |= imports_of(statement, package)
        for name in names or [EFFECTS]:
            definitions.setdefault(name, Definition()).add(statement, package)
    return Source(definitions, imports, frozenset(loaded))


def imports_of(statement: ast.AST, package: str) -> dict[str, Reference]:
    """What a statement imports, wherever inside of it, by the name that it gets."""
    found: dict[str, Reference] = {}
    for node in ast.walk(statement):
        if isinstance(node, ast.Import):
            for alias in node.names:
                module = alias.name if alias.asname else alias.name.partition(".")[0]
                found[alias.asname or module] = Reference(module)
        elif isinstance(node, ast.ImportFrom):
            parents = package.split(".")[: len(package.split(".")) + 1 - node.level] if node.level else []
            module = ".".join([*parents, *([node.module] if node.module else [])])
            found |= {alias.asname or alias.name: Reference(module, (alias.name,)) for alias in node.names}
    return found


def _defined(statement: ast.stmt) -> list[str]:
    """The names that a statement defines; none if it does something else, or more."""
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return [statement.name]
    if isinstance(statement, ast.Assign):
        targets = list(_unpacked(statement.targets))
    elif isinstance(statement, ast.AnnAssign | ast.AugAssign):
        targets = [statement.target]
    else:
        return []
    names = [target.id for target in targets if isinstance(target, ast.Name)]
    return names if len(names) == len(targets) else []


def _unpacked(targets: Iterable[ast.expr]) -> Iterator[ast.expr]:
    for target in targets:
        if isinstance(target, ast.Tuple | ast.List):
            yield from _unpacked(target.elts)
        else:
            yield target


def _says_nothing(node: ast.AST) -> bool:
    """Whether a statement is documentation, a line for the log, or for type checkers alone."""
    if isinstance(node, ast.If):
        return isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
    if not isinstance(node, ast.Expr):
        return False
    if isinstance(node.value, ast.Constant):
        return isinstance(node.value.value, str)
    function = node.value.func if isinstance(node.value, ast.Call) else None
    return isinstance(function, ast.Attribute) and _dotted(function).startswith(f"{LOGGER}.")


def _dotted(node: ast.expr) -> str:
    """``a.b.c`` as it stands in the file, empty if it begins with anything but a name."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute) and (owner := _dotted(node.value)):
        return f"{owner}.{node.attr}"
    return ""


def _blank_texts(statement: ast.Raise) -> None:
    for node in ast.walk(statement):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            node.value = ""
