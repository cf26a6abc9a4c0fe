"""Kedro's settings of the project."""

from s3f_pipeline.config.context import ProjectContext
from s3f_pipeline.config.loader import ProjectConfigLoader, current_loader
from s3f_pipeline.hooks import RegistryHooks, RunLogHooks, RunnerHooks, TrackingHooks
from s3f_pipeline.hooks_comparison import ComparisonHooks, LeaderboardHooks, LeakageEffectHooks
from s3f_pipeline.hooks_export import ExportHooks
from s3f_pipeline.hooks_prediction import PredictionHooks
from s3f_pipeline.keras_defaults import set_keras_defaults
from s3f_pipeline.logs import use_line_formatter
from s3f_pipeline.tracking.uri import tracking_uri

set_keras_defaults()
use_line_formatter()

HOOKS = (
    RegistryHooks(),
    RunLogHooks(),
    TrackingHooks(),
    ComparisonHooks(),
    LeakageEffectHooks(),
    LeaderboardHooks(),
    PredictionHooks(),
    ExportHooks(),
    RunnerHooks(),
)
DISABLE_HOOKS_FOR_PLUGINS = (
    "kedro_mlflow",  # where it is installed: TrackingHooks opens MLflow runs, for experiments only
    "kedro-viz",  # follows Kedro's own runners alone
)
CONTEXT_CLASS = ProjectContext
CONFIG_LOADER_CLASS = ProjectConfigLoader
CONFIG_LOADER_ARGS = {
    "base_env": "base",
    "default_run_env": "local",
    "config_patterns": {"mlflow": ["mlflow*"]},
    "custom_resolvers": {
        "run_folder": lambda: current_loader().run_folder,
        "prediction_folder": lambda: current_loader().prediction_folder,
        "weights_file": lambda: str(current_loader().weights_file),
        "export_folder": lambda: current_loader().export_folder,
        "fold_ending": lambda: current_loader().fold_ending,
        "tracking_uri": lambda: tracking_uri(current_loader().data_root),
    },
}
