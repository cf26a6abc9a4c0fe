import pytest

from s3f_pipeline.errors import ConfigError
from s3f_pipeline.tracking.kedro_mlflow import load_config


def test_the_configuration_of_the_store_is_read():
    config = load_config({"server": {"mlflow_tracking_uri": "http://me:swordfish@host"}})
    assert config.server.mlflow_tracking_uri == "http://me:swordfish@host"


def test_what_is_wrong_is_said_without_the_password():
    values = {"server": {"mlflow_tracking_uri": "http://me:sword/f@sh1@host", "unknown": 1}}
    with pytest.raises(ConfigError) as caught:
        load_config(values)
    message = caught.value.format_message()
    assert "unknown" in message
    assert "sword" not in message
    assert "f@sh1" not in message
