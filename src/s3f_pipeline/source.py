"""One Python file, read and not run: what it defines, what each definition says, and what it uses.

What a definition says is told apart from how it is written: formatting, comments, documentation, lines for
the log and the wording of errors do not count.
"""

import ast
import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path

LOGGER = "logger"
"""What modules call their logger; lines for the log decide nothing."""
TELLING = frozenset(
    f"{LOGGER}.{method}"
    for method in (
        *("critical", "debug", "error", "exception", "info", "log", "warning"),
        *("addHandler", "removeHandler", "setLevel"),
    )
)
"""Its methods, which write lines or say where to."""
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


Imports = dict[str, tuple[Reference, ...]]
"""By the name that they get; more than one where it depends on the way that the code takes."""


@dataclass(frozen=True)
class Content:
    """What statements say and use.

    Attributes:
        digest: Hash of what they say.
        used: Dotted names that occur in them.
        texts: Strings that occur in them.
        imports: What they import themselves, by the name that it gets.
    """

    digest: str
    used: tuple[str, ...]
    texts: frozenset[str]
    imports: Imports


class Definition:
    """A name, or what runs on import; read when it is asked for.

    Args:
        package: What relative imports begin at.

    Attributes:
        statements: All statements of the file that give the name a value.
    """

    def __init__(self, package: str) -> None:
        self._package = package
        self.statements: list[ast.stmt] = []

    @cached_property
    def content(self) -> Content:
        """What the statements say and use."""
        reading = _Reading(self._package)
        for statement in self.statements:
            reading.read(statement)
        said = "\0".join(reading.said).encode(errors="surrogatepass")
        return Content(
            hashlib.sha256(said).hexdigest(),
            tuple(sorted(reading.used)),
            frozenset(reading.texts),
            reading.imports,
        )


@dataclass
class _Reading:
    package: str
    said: list[str] = field(default_factory=list)
    used: set[str] = field(default_factory=set)
    texts: set[str] = field(default_factory=set)
    imports: Imports = field(default_factory=dict)

    def read(self, node: ast.AST) -> None:
        self.said.append(type(node).__name__)
        if isinstance(node, ast.Constant):
            self.said.append(repr(node.value))
            if isinstance(node.value, str):
                self.texts.add(node.value)
            return
        if isinstance(node, ast.Name | ast.Attribute) and (name := _dotted(node)):
            self.used.add(name)
            self.said.append(name)
            return
        if isinstance(node, ast.Import | ast.ImportFrom):
            _add(self.imports, _imported(node, self.package))
        elif isinstance(node, ast.Raise):
            _blank_texts(node)
        for name in node._fields:
            value = getattr(node, name, None)
            if value is None or value == [] or isinstance(value, ast.expr_context):
                continue  # as where another version of Python knows no such field
            self.said.append(name)
            for item in value if isinstance(value, list) else [value]:
                self._read_item(item)
            self.said.append(";")

    def _read_item(self, item: object) -> None:
        if not isinstance(item, ast.AST):
            self.said.append(repr(item))
        elif not _says_nothing(item):
            self.read(item)


@dataclass(frozen=True)
class Source:
    """A file.

    Attributes:
        definitions: By name; under ``EFFECTS`` what runs on import.
        imports: What is imported at its top, by the name that it gets.
        loaded: Modules that are imported whole, such as ``import a.b``.
    """

    definitions: dict[str, Definition]
    imports: Imports
    loaded: frozenset[str]


@cache
def read_source(path: Path, package: str) -> Source:
    """Read a file once per process.

    Args:
        path: Where it lies.
        package: Dotted name of the package that it is in.
    """
    definitions: dict[str, Definition] = {}
    imports: Imports = {}
    loaded: set[str] = set()
    for statement in ast.parse(path.read_bytes()).body:
        if _says_nothing(statement):
            continue
        if isinstance(statement, ast.Import | ast.ImportFrom):
            _add(imports, _imported(statement, package))
            loaded |= {alias.name for alias in statement.names if isinstance(statement, ast.Import)}
            continue
        for name in _defined(statement) or [EFFECTS]:
            definitions.setdefault(name, Definition(package)).statements.append(statement)
    if EFFECTS in definitions:
        _add(imports, definitions[EFFECTS].content.imports)
    return Source(definitions, imports, frozenset(loaded))


def _imported(node: ast.Import | ast.ImportFrom, package: str) -> Imports:
    """What an import stands for, by the name that it gets."""
    if isinstance(node, ast.Import):
        return {
            alias.asname or alias.name.partition(".")[0]: (
                Reference(alias.name if alias.asname else alias.name.partition(".")[0]),
            )
            for alias in node.names
        }
    parents = package.split(".")
    parents = parents[: len(parents) + 1 - node.level] if node.level else []
    module = ".".join([*parents, *([node.module] if node.module else [])])
    return {alias.asname or alias.name: (Reference(module, (alias.name,)),) for alias in node.names}


def _add(imports: Imports, more: Imports) -> None:
    for name, references in more.items():
        imports[name] = tuple(dict.fromkeys((*imports.get(name, ()), *references)))


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
        return isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING" and not node.orelse
    if not isinstance(node, ast.Expr):
        return False
    if isinstance(node.value, ast.Constant):
        return isinstance(node.value.value, str)
    function = node.value.func if isinstance(node.value, ast.Call) else None
    return isinstance(function, ast.Attribute) and _dotted(function) in TELLING


def _dotted(node: ast.expr) -> str:
    """``a.b.c`` as it stands in the file, empty if it begins with anything but a name."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute) and (owner := _dotted(node.value)):
        return f"{owner}.{node.attr}"
    return ""


def _blank_texts(statement: ast.Raise) -> None:
    """Blank what an error says, and not which one it is."""
    made = [each for each in (statement.exc, statement.cause) if isinstance(each, ast.Call)]
    for said in (each for call in made for each in (*call.args, *call.keywords)):
        for node in ast.walk(said):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                node.value = ""
