"""What must happen before anything imports MLflow; Kedro calls it first (``kedro.init``)."""

import os
import sysconfig

SETTINGS = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_LOGGING_LEVEL": "WARNING",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",  # it may hold a password
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "10",
    "TF_CPP_MIN_LOG_LEVEL": "3",
}
"""Environment variables that a user may set otherwise."""


def prepare() -> None:
    """Send no usage data, keep from the console what no user can act on, and find our own programs.

    MLflow starts its server by name; it is found without the environment being activated.
    """
    for name, value in SETTINGS.items():
        os.environ.setdefault(name, value)
    os.environ["PATH"] = os.pathsep.join([sysconfig.get_path("scripts"), os.environ.get("PATH", "")])
