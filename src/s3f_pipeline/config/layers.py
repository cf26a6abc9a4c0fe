"""Layers of configuration, and what wins.

Weakest first: the files of ``conf/base``, those of the environment, ``--params``. Inside each of these
the general ``training`` block is weaker than a variant's, and a variant's is weaker than a cohort's;
so ``--params="training.epochs=12"`` wins over the epochs that a cohort sets in ``conf/base``. Under the
published protocol the general ``published_training`` takes back what our recipe adds to the general block,
the ``published_training`` of a benchmark's cohort is stronger still, and that of a variant, which follows
its own publication, strongest.
"""

from collections.abc import Callable, Iterable, Mapping
from copy import deepcopy
from dataclasses import dataclass, is_dataclass
from itertools import product
from pathlib import Path
from types import NoneType
from typing import Any, Literal, NamedTuple, get_origin

from pydantic import BaseModel, ValidationError

from s3f_pipeline.config.reading import files_in, read_yaml
from s3f_pipeline.config.schema import (
    Block,
    CohortConfig,
    Cohorts,
    MergedTraining,
    Parameters,
    Protocol,
    Variants,
)
from s3f_pipeline.config.suggestions import unknown_key
from s3f_pipeline.errors import ConfigError
from s3f_pipeline.recipe import ExperimentConfig

KEY = "[key]"
"""Where pydantic speaks of the name of an entry, not of its value."""
UNKNOWN = ("extra_forbidden", "unexpected_keyword_argument")
NO_BLOCK = ("model_type", "dict_type", "dataclass_type")
"""What pydantic calls these problems, of its models and of dataclasses."""
RUNTIME = "--params"
INVALID = "The configuration is not valid.\n  "
LONGEST = 120
"""Characters of a wrong value that a message shows."""
READ_AS = {bool: "true or false", int: "a number", float: "a number", NoneType: "nothing"}
"""What YAML makes of words that have no quotes, such as no, 007 and null."""


@dataclass(frozen=True)
class Layer:
    """Values that one file, or ``--params``, sets.

    Attributes:
        source: What a message calls it: a file's path or ``--params``.
        values: The nested values.
    """

    source: str
    values: dict[str, Any]


def merge(*values: Mapping[str, Any] | None) -> dict[str, Any]:
    """Merge nested mappings into a new one; later ones win key by key."""
    merged: dict[str, Any] = {}
    for mapping in values:
        for key, value in (mapping or {}).items():
            both = isinstance(value, Mapping) and isinstance(merged.get(key), Mapping)
            merged[key] = merge(merged[key], value) if both else deepcopy(value)
    return merged


def read_layer(folder: Path) -> list[Layer]:
    """Read the parameter files of one environment folder, one layer per file.

    A block of which only the heading is left, such as ``cohorts:``, sets nothing.

    Raises:
        ConfigError: If a file is not valid YAML, or its interpolations cannot be resolved.
    """
    layers = []
    for path in files_in(folder, "parameters*"):
        values = read_yaml(path)
        if not isinstance(values, dict):
            raise ConfigError(f"{path} must hold keys and values, not a list or a single value.")
        named = {str(key): value for key, value in values.items()}
        is_left = {key: value is not None or key not in _headings() for key, value in named.items()}
        layers.append(Layer(str(path), {key: value for key, value in named.items() if is_left[key]}))
    return layers


def _headings() -> set[str]:
    """Names of the blocks that every configuration has."""
    return {name for name, field in Parameters.model_fields.items() if _is_block(field.annotation)}


def _is_block(annotation: Any) -> bool:
    kind = get_origin(annotation) or annotation
    return isinstance(kind, type) and (issubclass(kind, dict | Block) or is_dataclass(kind))


def validate(model: type[BaseModel], values: Mapping[str, Any], layers: Iterable[Layer]) -> Any:
    """Build ``model`` from merged values.

    Raises:
        ConfigError: Naming each wrong value, what is wrong with it, and the layer that set it.
    """
    try:
        return model.model_validate(values)
    except ValidationError as error:
        problems = error.errors()
        parts = {problem["loc"][:-1] for problem in problems}
        unknown = [problem["loc"] for problem in problems if problem["type"] in UNKNOWN]
        if unknown:
            told = (f"{_source_of(key, layers)}: {unknown_key(key)}" for key in unknown)
            raise ConfigError("\n".join(told)) from error
        lines = [_line_of(p, layers) for p in problems if p["type"] != "too_short" or p["loc"] not in parts]
        raise ConfigError(INVALID + "\n  ".join(lines)) from error


def _line_of(problem: Any, layers: Iterable[Layer]) -> str:
    """Say what is wrong where; a whole block is not shown again."""
    location = tuple(part for part in problem["loc"] if part != KEY)
    value = problem["input"]
    received = "" if isinstance(value, Mapping) else f"received: {_brief(value)}; "
    where = f"{'.'.join(map(str, location))}: " if location else ""
    source = f" ({received}set in {_source_of(location, layers)})" if location else ""
    said = problem["msg"].removeprefix("Value error, ")
    if problem["type"] == "string_type" and type(value) in READ_AS:
        said = f"YAML reads this as {READ_AS[type(value)]} and not as text: put quotes around it"
        if isinstance(value, bool):
            said += ', as in ["no", "yes"]'
    elif problem["type"] in NO_BLOCK:
        said = "this must be a block of keys and values"
    return f"{where}{said}{source}"


def _brief(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def _source_of(location: tuple[int | str, ...], layers: Iterable[Layer]) -> str:
    for layer in reversed(list(layers)):
        values: Any = layer.values
        depth = 0
        for key in location:
            if not isinstance(values, Mapping) or key not in values:
                break
            values, depth = values[key], depth + 1
        if depth == len(location) or (depth and not isinstance(values, Mapping)):
            return layer.source
    return "no file: the key is missing"


class Refused(NamedTuple):
    """What is wrong with blocks that cannot be used, by name."""

    cohorts: dict[str, str]
    variants: dict[str, str]


def resolve_parameters(layers: list[Layer]) -> tuple[Parameters, Refused]:
    """Merge all layers and check the result.

    A cohort or a variant whose block in a file is wrong does not block the others: it is left out.

    Returns:
        The parameters, and what is wrong with the blocks that were left out.

    Raises:
        ConfigError: For an unknown key or a value that is not allowed, outside of such blocks or in what
            ``--params`` says of one.
    """
    values = merge(*(layer.values for layer in layers))
    none: dict[str, Any] = {kind: {} for kind in ("cohorts", "variants") if kind in values}
    others = {**values, **none}
    parameters: Parameters = validate(Parameters, others, layers)
    variants, refused_variants = _usable(Variants, "variants", values, layers)
    cohorts, refused_cohorts = _usable(Cohorts, "cohorts", values, layers, _check_cohort(values, variants))
    usable = parameters.model_copy(update={"cohorts": cohorts, "variants": variants})
    return usable, Refused(refused_cohorts, refused_variants)


def _usable(
    model: type[BaseModel],
    kind: str,
    values: Mapping[str, Any],
    layers: list[Layer],
    check: Callable[[str, Any, Iterable[str]], None] = lambda name, block, others: None,
) -> tuple[dict[str, Any], dict[str, str]]:
    """Check blocks one by one.

    Args:
        model: Of all blocks of the kind.
        kind: Key of the blocks.
        values: Of all layers, merged.
        layers: All of them.
        check: Called with the name of a block, the block, and the names of those before it.

    Returns:
        The blocks that can be used, and what is wrong with each of the others.

    Raises:
        ConfigError: If there are no blocks, or ``--params`` speaks of one that is wrong.
    """
    blocks = values.get(kind, {})
    if not isinstance(blocks, Mapping):
        validate(model, {kind: blocks}, layers)
    usable: dict[str, Any] = {}
    refused: dict[str, str] = {}
    for name, block in blocks.items():
        of_block = [_of_block(layer, kind, name) for layer in layers]
        try:
            checked = getattr(validate(model, {kind: {name: block}}, of_block), kind)[name]
            check(name, checked, usable)
        except ConfigError as error:
            if any(layer.values for layer in of_block if layer.source == RUNTIME):
                raise
            refused[str(name)] = error.message
        else:
            usable[name] = checked
    return usable, refused


def _of_block(layer: Layer, kind: str, name: str) -> Layer:
    """What a layer says of one cohort or variant."""
    blocks = layer.values.get(kind)
    if not isinstance(blocks, Mapping) or name not in blocks:
        return Layer(layer.source, {})
    return Layer(layer.source, {kind: {name: blocks[name]}})


def _check_cohort(
    values: Mapping[str, Any], variants: Iterable[str]
) -> Callable[[str, CohortConfig, Iterable[str]], None]:
    """Refuse a cohort whose link leads nowhere, or whose pipelines another one has."""

    def check(name: str, block: CohortConfig, before: Iterable[str]) -> None:
        others = [other for other in values["cohorts"] if other != name]
        if block.link and block.link.to not in others:
            raise ConfigError(
                f"{INVALID}cohorts.{name}.link.to is '{block.link.to}', and must be another cohort: "
                f"{', '.join(map(str, others))}"
            )
        _refuse_equal_pipelines(name, before, variants)

    return check


def _refuse_equal_pipelines(name: str, cohorts: Iterable[str], variants: Iterable[str]) -> None:
    variants = list(variants)
    pipelines = {f"{name}_{variant}": variant for variant in variants}
    for other, of_other in product(cohorts, variants):
        if variant := pipelines.get(pipeline := f"{other}_{of_other}"):
            raise ConfigError(
                f"{INVALID}{name} with {variant} and {other} with {of_other} would both be the pipeline "
                f"{pipeline}: rename one"
            )


def resolve_experiment(
    parameters: Parameters,
    stages: list[list[Layer]],
    cohort: str,
    protocol: Protocol,
    variant: str,
) -> ExperimentConfig:
    """Put together the configuration of one experiment.

    Args:
        parameters: The merged and checked parameters.
        stages: The layers of each stage, weakest first: base, environment, ``--params``.
        cohort: Name of the cohort block.
        protocol: Protocol of the experiment.
        variant: Name of the variant block.

    Raises:
        ConfigError: For a value that is not allowed.
    """
    training: dict[str, Any] = {}
    for stage in stages:
        paths = [("training",), ("variants", variant, "training"), ("cohorts", cohort, "training")]
        if protocol == "published":
            paths.insert(1, ("published_training",))
            paths += [("cohorts", cohort, "published_training"), ("variants", variant, "published_training")]
        training = merge(training, *(_block(layer.values, path) for path in paths for layer in stage))
    if protocol == "published" and training.get("precision") == "auto":
        training["precision"] = "float32"  # as published
    block, network = parameters.cohorts[cohort], parameters.variants[variant]
    if (training.get("augmentation") or {}).get("flip") == "cohort":
        training["augmentation"]["flip"] = block.flips
    layers = [layer for stage in stages for layer in stage]
    return ExperimentConfig(
        cohort=cohort,
        protocol=protocol,
        variant=variant,
        network=network.network.replace("{spectranet}", block.spectranet),
        options=network.options,
        classes=block.classes,
        positive_class=block.positive_class,
        image_size=parameters.image_size or block.image_size,
        channels=block.channels,
        selection_split="test" if network.imported else _selection_split(block, protocol),
        training=validate(MergedTraining, {"training": training}, layers).training,
        seed=parameters.seed,
        fold=parameters.fold,
    )


def _block(values: Any, path: tuple[str, ...]) -> Mapping[str, Any]:
    """The mapping at a path of keys, an empty one where there is none."""
    for key in path:
        values = (values or {}).get(key)
    return values or {}


def _selection_split(block: CohortConfig, protocol: Protocol) -> Literal["validation", "test"]:
    """The split on which the epoch is chosen."""
    published = block.published if protocol == "published" else None
    return published.selection_split if published else "validation"
