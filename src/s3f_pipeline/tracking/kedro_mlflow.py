"""kedro-mlflow's configuration, without its run: it would open one for preparation too."""

from typing import Any


def load_config(values: dict[str, Any]) -> Any:
    """Check ``mlflow.yml`` and return what ``kedro mlflow ui`` reads from the context.

    Args:
        values: Content of ``mlflow.yml``.

    Raises:
        ConfigError: If a key or value is not allowed.
    """
    from kedro_mlflow.config.kedro_mlflow_config import KedroMlflowConfig
    from pydantic import ValidationError

    from s3f_pipeline.credentials import remember_secrets_of
    from s3f_pipeline.errors import ConfigError

    uri = (values.get("server") or {}).get("mlflow_tracking_uri")
    if isinstance(uri, str):
        remember_secrets_of(uri)
    try:
        return KedroMlflowConfig.model_validate(values)
    except ValidationError as error:
        raise ConfigError(f"conf/…/mlflow.yml is not valid: {error}") from error
