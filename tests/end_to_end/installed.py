"""What would be installed of our packages by whom."""

import re
import tomllib
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, packages_distributions, requires

from packaging.requirements import Requirement

from s3f_pipeline.config.loader import PROJECT

PYPROJECT = tomllib.loads((PROJECT / "pyproject.toml").read_text())


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def closure(requirements: Iterable[str], extras: frozenset[str] = frozenset({""})) -> set[str]:
    """Everything that pip would install for some requirements, as far as it is installed here."""
    found: set[str] = set()
    waiting = [(Requirement(text), extras) for text in requirements]
    while waiting:
        requirement, of_parent = waiting.pop()
        applies = requirement.marker is None or any(
            requirement.marker.evaluate({"extra": extra}) for extra in of_parent
        )
        key = normal(requirement.name) + "".join(sorted(requirement.extras))
        if not applies or key in found:
            continue
        try:
            further = requires(requirement.name) or []
        except PackageNotFoundError:
            continue
        found.add(key)
        waiting += [(Requirement(text), frozenset({"", *requirement.extras})) for text in further]
    return found


def not_installed_by(extra: str) -> set[str]:
    """Modules here that are of no package which the core and an extra of ours bring."""
    project = PYPROJECT["project"]
    kept = closure([*project["dependencies"], *project["optional-dependencies"][extra]]) | {"s3f-pipeline"}
    owners = packages_distributions()
    return {module for module, names in owners.items() if not {normal(name) for name in names} & kept}
