"""A pipeline that reads finished runs, below a folder of its own, with its hooks."""

import json

from kedro.framework.hooks.manager import _create_hook_manager
from kedro.io import DataCatalog, MemoryDataset
from mlflow import MlflowClient

from s3f_pipeline.config.loader import ProjectConfigLoader
from s3f_pipeline.config.schema.tracking import MlflowConfig
from s3f_pipeline.pipeline_registry import register_pipelines
from s3f_pipeline.pipelines import runner
from s3f_pipeline.pipelines.runner import StageRunner


class RunsPipeline:
    """One pipeline; ``folder`` is that of its files below ``data/08_reporting``."""

    def __init__(self, load_config, tmp_path, monkeypatch, *, name, hooks, folder):
        self.root, self.database = tmp_path / "data", f"sqlite:///{tmp_path / 'mlflow.db'}"
        monkeypatch.setattr(ProjectConfigLoader, "data_root", self.root)
        self.loader = load_config(evaluation={"replicates": 200})
        pipelines = register_pipelines()
        monkeypatch.setattr(runner, "pipelines", pipelines)
        self.pipeline, self.hooks, self.folder = pipelines[name], hooks, folder
        self.hooks._mlflow = MlflowConfig(server={"mlflow_tracking_uri": self.database})

    def run(self):
        entries = self.loader["catalog"]
        for entry in entries.values():
            if "filepath" in entry:
                entry["filepath"] = str(self.root.parent / entry["filepath"])
        catalog = DataCatalog.from_config(entries)
        for name in self.pipeline.inputs():
            if name.startswith("params:"):
                value = self.loader.parameter(name.removeprefix("params:"))
                catalog[name] = MemoryDataset(value, copy_mode="assign")
        self.hooks._runs = []
        manager = _create_hook_manager()
        manager.register(self.hooks)
        StageRunner().run(self.pipeline, catalog, hook_manager=manager)
        self.hooks.after_pipeline_run(self.pipeline, catalog)

    def file(self, name):
        return self.root / "08_reporting" / self.folder / name

    def content(self, name):
        return json.loads(self.file(name).read_text())

    def mlflow_runs(self, experiment):
        client = MlflowClient(self.database)
        (found,) = (each for each in client.search_experiments() if each.name == experiment)
        return client.search_runs([found.experiment_id])
