"""Layers of configuration, and what wins.

Weakest first: the files of ``conf/base``, those of the environment, ``--params``. Inside each of these
the general ``training`` block is weaker than a variant's, and a variant's is weaker than a cohort's;
so ``--params="training.epochs=12"`` wins over the epochs that a cohort sets in ``conf/base``. Under the
published protocol the ``published_training`` of a benchmark's cohort is stronger still, and that of a
variant, which follows its own publication, strongest.
"""

from collections.abc import Iterable, Mapping
from copy import deepcopy
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any, get_args

from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException
from pydantic import BaseModel, ValidationError
from yaml import YAMLError

from s3f_pipeline.config.schema import CohortConfig, ExperimentConfig, Parameters, Protocol
from s3f_pipeline.errors import ConfigError

KEY = "[key]"
"""Where pydantic speaks of the name of an entry, not of its value."""
WITH_SPECTRANET = ("spectral", "concat", "bilinear", "gated", "random_filter", "spatial_wide")
"""Networks that there are with SN1 and with SN2."""
ENDINGS = (".yml", ".yaml", ".json")


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

    Raises:
        ConfigError: If a file is not valid YAML, or its interpolations cannot be resolved.
    """
    layers = []
    files = (path for path in folder.rglob("parameters*") if path.suffix in ENDINGS)
    for path in sorted(files):
        try:
            values = OmegaConf.to_container(OmegaConf.load(path), resolve=True)
        except (YAMLError, OmegaConfBaseException) as error:
            raise ConfigError(f"{path} cannot be read: {error}") from error
        if not isinstance(values, dict):
            raise ConfigError(f"{path} must hold keys and values, not a list or a single value.")
        layers.append(Layer(str(path), {str(key): value for key, value in values.items()}))
    return layers


def refuse_unknown_keys(layer: Layer) -> None:
    """Check every key of a layer against the schema.

    Raises:
        ConfigError: Naming the source, the key and what is allowed there.
    """
    _refuse_unknown(layer.values, Parameters, layer.source, prefix="")


def _refuse_unknown(values: Any, model: type[BaseModel], source: str, prefix: str) -> None:
    if not isinstance(values, Mapping):
        return
    for key, value in values.items():
        if key not in model.model_fields:
            allowed = sorted(model.model_fields)
            close = get_close_matches(str(key), allowed, n=1)
            hint = f" Did you mean '{prefix}{close[0]}'?" if close else ""
            where = f"in '{prefix.rstrip('.')}'" if prefix else "at the top level"
            raise ConfigError(
                f"{source}: unknown key '{prefix}{key}'.{hint} Allowed {where}: {', '.join(allowed)}."
            )
        annotation = model.model_fields[key].annotation
        nested = _models_in(annotation)
        if not nested:
            continue
        if getattr(annotation, "__origin__", None) is dict and isinstance(value, Mapping):
            for name, entry in value.items():
                _refuse_unknown(entry, nested[0], source, f"{prefix}{key}.{name}.")
        else:
            _refuse_unknown(value, nested[0], source, f"{prefix}{key}.")


def _models_in(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for argument in get_args(annotation) for model in _models_in(argument)]


def validate(model: type[BaseModel], values: Mapping[str, Any], layers: Iterable[Layer]) -> Any:
    """Build ``model`` from merged values.

    Raises:
        ConfigError: Naming each wrong value, what is wrong with it, and the layer that set it.
    """
    try:
        return model.model_validate(values)
    except ValidationError as error:
        lines = [_line_of(problem, layers) for problem in error.errors()]
        raise ConfigError("The configuration is not valid.\n  " + "\n  ".join(lines)) from error


def _line_of(problem: Any, layers: Iterable[Layer]) -> str:
    """Say what is wrong where; a whole block is not shown again."""
    location = tuple(part for part in problem["loc"] if part != KEY)
    received = "" if isinstance(problem["input"], Mapping) else f"received: {problem['input']!r}; "
    where = f"{'.'.join(map(str, location))}: " if location else ""
    source = f" ({received}set in {_source_of(location, layers)})" if location else ""
    return f"{where}{problem['msg'].removeprefix('Value error, ')}{source}"


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


def resolve_parameters(layers: list[Layer]) -> Parameters:
    """Merge all layers and check the result.

    Raises:
        ConfigError: For an unknown key or a value that is not allowed.
    """
    for layer in layers:
        refuse_unknown_keys(layer)
    values = merge(*(layer.values for layer in layers))
    parameters: Parameters = validate(Parameters, values, layers)
    return parameters


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
            paths += [("cohorts", cohort, "published_training"), ("variants", variant, "published_training")]
        training = merge(training, *(_block(layer.values, path) for path in paths for layer in stage))
    if protocol == "published" and training.get("precision") == "auto":
        training["precision"] = "float32"  # as published
    block, network = parameters.cohorts[cohort], parameters.variants[variant]
    values = {
        "cohort": cohort,
        "protocol": protocol,
        "variant": variant,
        "network": f"{network.network}{_spectranet_ending(network.network, block)}",
        "options": network.options,
        "classes": block.classes,
        "positive_class": block.positive_class,
        "image_size": parameters.image_size or block.image_size,
        "channels": block.channels,
        "selection_split": _selection_split(block, protocol),
        "training": training,
        "seed": parameters.seed,
        "fold": parameters.fold,
    }
    layers = [layer for stage in stages for layer in stage]
    experiment: ExperimentConfig = validate(ExperimentConfig, values, layers)
    return experiment


def _block(values: Any, path: tuple[str, ...]) -> Mapping[str, Any]:
    """The mapping at a path of keys, an empty one where there is none."""
    for key in path:
        values = (values or {}).get(key)
    return values or {}


def _spectranet_ending(network: str, block: CohortConfig) -> str:
    """What the name of a network with a SpectraNet ends in."""
    return f"_{block.spectranet}" if network in WITH_SPECTRANET else ""


def _selection_split(block: CohortConfig, protocol: Protocol) -> str:
    """The split on which the epoch is chosen."""
    published = block.published if protocol == "published" else None
    return published.selection_split if published else "validation"
