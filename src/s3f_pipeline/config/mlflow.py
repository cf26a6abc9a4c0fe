"""``mlflow.yml``, checked."""

from typing import Any

from pydantic import ValidationError

from s3f_pipeline.config.schema.tracking import MlflowConfig
from s3f_pipeline.credentials import remember_secrets_of
from s3f_pipeline.errors import ConfigError


def mlflow_config(values: dict[str, Any]) -> MlflowConfig:
    """Check the content of ``mlflow.yml``.

    Raises:
        ConfigError: If a key or value is not allowed.
    """
    uri = (values.get("server") or {}).get("mlflow_tracking_uri")
    if isinstance(uri, str):
        remember_secrets_of(uri)
    try:
        return MlflowConfig.model_validate(values)
    except ValidationError as error:
        raise ConfigError(f"conf/…/mlflow.yml is not valid: {error}") from error
