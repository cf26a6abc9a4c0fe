"""Reading YAML files that people have written: one message for what cannot be read, and where it is."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml
from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException

from s3f_pipeline.errors import ConfigError

ENDINGS = (".yml", ".yaml", ".json")
MOST_VALUES = 1_000_000
"""Of one file; aliases of aliases grow without end."""
DEEPEST = 50
STILL_OPEN = -1
FAST = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def files_in(folder: Path, pattern: str = "*") -> list[Path]:
    """List the YAML and JSON files in and below a folder of the configuration, sorted."""
    return sorted(path for path in folder.rglob(pattern) if path.suffix in ENDINGS and path.is_file())


def read_yaml(path: Path) -> Any:
    """Read a YAML file with its interpolations.

    Raises:
        ConfigError: If it is not valid YAML or cannot be opened, refers to itself or is absurdly large, or
            its interpolations cannot be resolved.
    """
    check_yaml(path)
    try:
        return OmegaConf.to_container(OmegaConf.load(path), resolve=True)
    except yaml.YAMLError as error:
        raise ConfigError(_message(path, error)) from error
    except OSError as error:  # of OmegaConf
        raise ConfigError(f"{path} must hold keys and values, not a single value.") from error
    except (OmegaConfBaseException, RecursionError) as error:
        said = "a value refers to itself" if _is_recursive(error) else str(error).splitlines()[0]
        raise ConfigError(f"{path} cannot be read: {said}.") from error


def check_yaml(path: Path) -> None:
    """Check that a YAML file can be read.

    Raises:
        ConfigError: If it cannot: which line and column, and what is wrong there.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
        _refuse_monsters(yaml.parse(text, Loader=FAST))
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise ConfigError(f"{path}, line {line}, is not in UTF-8. Save the file again, in UTF-8.") from error
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}.") from error
    except yaml.YAMLError as error:
        raise ConfigError(_message(path, error)) from error


def _message(path: Path, error: yaml.YAMLError) -> str:
    where, said = "", " ".join(str(error).split())
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark is not None:
        mark = error.problem_mark
        where = f", line {mark.line + 1}, column {mark.column + 1}"
        said = str(error.problem or error.context)
        if said.startswith("but "):
            said = f"{error.context}, {said}"
    elif isinstance(error, yaml.reader.ReaderError):
        character = error.character if isinstance(error.character, str) else chr(error.character)
        said = f"the character {character!a} is not allowed"
    hint = " Indent with blanks, not with tabs." if "cannot start any token" in said else ""
    return f"{path}{where}, is not valid YAML: {said}.{hint}"


def _refuse_monsters(events: Iterable[Any]) -> None:
    """Go through a file as it is parsed, before anything is built of it.

    Raises:
        yaml.MarkedYAMLError: If a value is inside itself or inside too many others, or if there are too many
            of them when aliases are written out.
    """
    counts: dict[str | None, int] = {}
    open_nodes: list[tuple[str | None, int]] = []
    for event in events:
        count = 0
        if isinstance(event, yaml.CollectionStartEvent):
            open_nodes.append((event.anchor, 1))
            counts[event.anchor] = STILL_OPEN
            if len(open_nodes) > DEEPEST:
                raise _problem(event, f"values are nested more than {DEEPEST} deep")
            continue
        if isinstance(event, yaml.AliasEvent):
            count = counts.get(event.anchor, 1)
            if count == STILL_OPEN:
                raise _problem(event, f"*{event.anchor} stands inside of what it stands for")
        elif isinstance(event, yaml.ScalarEvent):
            count = counts[event.anchor] = 1
        elif isinstance(event, yaml.CollectionEndEvent):
            anchor, count = open_nodes.pop()
            counts[anchor] = count
        if open_nodes:
            anchor, so_far = open_nodes[-1]
            open_nodes[-1] = anchor, so_far + count
            if so_far + count > MOST_VALUES:
                raise _problem(event, f"aliases stand for more than {MOST_VALUES} values")


def _problem(event: Any, said: str) -> yaml.MarkedYAMLError:
    return yaml.MarkedYAMLError(problem=said, problem_mark=event.start_mark)


def _is_recursive(error: BaseException | None) -> bool:
    return error is not None and (isinstance(error, RecursionError) or _is_recursive(error.__cause__))
