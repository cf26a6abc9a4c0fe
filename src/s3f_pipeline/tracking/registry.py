"""Versions of registered models, and the aliases ``champion`` and ``challenger``.

Each finished experiment is a version of the model that is called as its pipeline is; that of phantoms is
another model, so that none of them can take the place of a real one. Whatever is told twice is done once.
"""

import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING

from s3f_pipeline.tracking.model import BUNDLE

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import LoggedModel
    from mlflow.entities.model_registry import ModelVersion

CHAMPION, CHALLENGER = "champion", "challenger"
REASON = "alias_reason"
"""Tag of a version that says why it has an alias, or had one last."""
LONGEST_DESCRIPTION = 5000
NOT_COMPARED = "the newest version; no comparison has looked at it yet"
logger = logging.getLogger(__name__)


def registered_name(experiment: str, *, synthetic: bool) -> str:
    """Name of the registered model of an experiment, such as ``brisc_bilinear``.

    Args:
        experiment: Name of its pipeline.
        synthetic: Whether its images are phantoms.
    """
    return f"demo-{experiment}" if synthetic else experiment


def register(
    client: "MlflowClient",
    name: str,
    model: "LoggedModel",
    *,
    tags: Mapping[str, str],
    description: str,
) -> None:
    """Register a logged bundle, as the challenger of its model; a bundle that is registered stays as it is.

    Args:
        client: Of the store.
        name: Of the registered model.
        model: The logged bundle.
        tags: Of the version.
        description: In Markdown.
    """
    _make(client, name)
    checksum = model.tags[BUNDLE]
    version = find_version(client, name, checksum)
    is_new = version is None
    if version is None:
        version = client.create_model_version(
            name, model.artifact_location, model.source_run_id, tags={**tags, BUNDLE: checksum},
            description=description[:LONGEST_DESCRIPTION], model_id=model.model_id,
        )  # fmt: skip
    if is_new or not client.get_registered_model(name).aliases:  # an earlier call may have been cut off
        _set(client, version, CHALLENGER, NOT_COMPARED)


def place(client: "MlflowClient", name: str, checksum: str, alias: str, reason: str) -> None:
    """Give a version its alias, and take the other one away from it.

    A model whose version becomes the challenger has no champion any more: a comparison advises another
    network.

    Args:
        client: Of the store.
        name: Of the registered model.
        checksum: Of the bundle.
        alias: ``champion`` or ``challenger``.
        reason: Why.
    """
    version = find_version(client, name, checksum)
    if version is None:
        logger.warning("MLflow: %s has no version of this bundle, so none becomes its %s.", name, alias)
        return
    aliases = client.get_registered_model(name).aliases
    if alias == CHALLENGER and CHAMPION in aliases:
        client.delete_registered_model_alias(name, CHAMPION)
    elif alias == CHAMPION and str(aliases.get(CHALLENGER)) == str(version.version):
        client.delete_registered_model_alias(name, CHALLENGER)
    _set(client, version, alias, reason)


def find_version(client: "MlflowClient", name: str, checksum: str) -> "ModelVersion | None":
    """Find the version of a bundle by its checksum, ``None`` if it is not registered."""
    found = client.search_model_versions(f"name = '{name}' AND tags.{BUNDLE} = '{checksum}'", max_results=1)
    return found[0] if found else None


def _make(client: "MlflowClient", name: str) -> None:
    from mlflow.exceptions import MlflowException

    try:
        client.create_registered_model(name)
    except MlflowException as error:
        if error.error_code != "RESOURCE_ALREADY_EXISTS":
            raise


def _set(client: "MlflowClient", version: "ModelVersion", alias: str, reason: str) -> None:
    client.set_registered_model_alias(version.name, alias, version.version)
    client.set_model_version_tag(version.name, version.version, REASON, reason)
