"""Networks in the precision of their weights."""

from typing import Any

import keras


def in_float32(model: keras.Model) -> keras.Model:
    """Make the same network, with the same weights, that computes in float32 whatever it was trained in."""
    network = type(model).from_config(_in_float32(model.get_config()))
    network.set_weights(model.get_weights())
    return network


def _in_float32(config: Any) -> Any:
    """Replace each dtype policy in a configuration."""
    if isinstance(config, list | tuple):
        return type(config)(map(_in_float32, config))
    if not isinstance(config, dict):
        return config
    if config.get("class_name") == "DTypePolicy":
        return {**config, "config": {"name": "float32"}}
    return {key: _in_float32(value) for key, value in config.items()}
