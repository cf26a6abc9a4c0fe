"""What must happen before plugins of Kedro import MLflow; Kedro calls it first (``kedro.init``)."""

import importlib
import os
import sysconfig
import warnings

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

    ``kedro mlflow ui`` starts ``mlflow`` by its name; it is found without the environment being activated.

    MLflow warns about a class of kedro-mlflow while that is imported, past any warning filter; the
    import, which Kedro does right afterwards in any case, is done here with warnings put aside.
    """
    for name, value in SETTINGS.items():
        os.environ.setdefault(name, value)
    os.environ["PATH"] = os.pathsep.join([sysconfig.get_path("scripts"), os.environ.get("PATH", "")])
    with warnings.catch_warnings(record=True):
        importlib.import_module("kedro_mlflow.mlflow")
