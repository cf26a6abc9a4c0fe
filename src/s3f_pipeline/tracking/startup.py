"""What must happen before plugins of Kedro import MLflow; Kedro calls it first (``kedro.init``)."""

import importlib
import os
import warnings


def quieten() -> None:
    """Send no usage data, and keep from the console what no user can act on.

    MLflow warns about a class of kedro-mlflow while that is imported, past any warning filter; the
    import, which Kedro does right afterwards in any case, is done here with warnings put aside.
    """
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    with warnings.catch_warnings(record=True):
        importlib.import_module("kedro_mlflow.mlflow")
