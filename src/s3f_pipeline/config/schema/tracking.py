"""Where runs are tracked."""

from typing import Annotated

from pydantic import Field

from s3f_pipeline.config.schema.fields import Block


class ServerConfig(Block):
    """The store.

    Attributes:
        mlflow_tracking_uri: Its address.
    """

    mlflow_tracking_uri: Annotated[str, Field(min_length=1)]


class UiConfig(Block):
    """Where ``kedro mlflow ui`` is served.

    Attributes:
        host: Name or address of this machine.
        port: A free one.
    """

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=1, le=65_535)] = 5000


class RegistryConfig(Block):
    """The registry of models.

    Attributes:
        enabled: Whether finished experiments become versions of registered models.
    """

    enabled: bool = True


class MlflowConfig(Block):
    """Content of ``mlflow.yml``; the keys of ``server`` and ``ui`` are those of kedro-mlflow."""

    server: ServerConfig
    ui: UiConfig = UiConfig()
    registry: RegistryConfig = RegistryConfig()
