import pytest

from s3f_pipeline.config.mlflow import mlflow_config
from s3f_pipeline.errors import ConfigError


def test_the_configuration_of_the_store_is_read():
    config = mlflow_config({"server": {"mlflow_tracking_uri": "http://me:swordfish@host"}})
    assert config.server.mlflow_tracking_uri == "http://me:swordfish@host"


def test_a_port_in_quotes_is_one():
    values = {"server": {"mlflow_tracking_uri": "sqlite:///x"}, "ui": {"port": "5001"}}
    assert mlflow_config(values).ui.port == 5001
    assert mlflow_config(values).registry.enabled


def test_what_is_wrong_is_said_without_the_password():
    values = {"server": {"mlflow_tracking_uri": "http://me:sword/f@sh1@host", "unknown": 1}}
    with pytest.raises(ConfigError) as caught:
        mlflow_config(values)
    message = caught.value.format_message()
    assert "unknown" in message
    assert "sword" not in message
    assert "f@sh1" not in message
