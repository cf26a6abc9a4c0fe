"""A tracking server that dies while a network trains, and whose password nobody is told."""

import json
from urllib.parse import quote

import pytest
from mlflow_server import Server

from s3f_pipeline.bundle.opening import open_bundle
from s3f_pipeline.tracking.fetching import fetch_bundle

pytestmark = pytest.mark.slow
PASSWORD = "sword@f/i#s?h%:1"


@pytest.mark.long
def test_what_a_dead_server_missed_is_sent_later(project, tmp_path):
    from mlflow import MlflowClient

    folder = project.demo / "06_models/brisc/patient_safe/spectral/seed-0"
    with Server(tmp_path / "mlflow.db") as server:
        address = server.uri.replace("//", f"//me:{quote(PASSWORD, safe='')}@")
        run = ("run", "--env=demo", "--pipeline=brisc_spectral")
        process = project.start(*run, MLFLOW_TRACKING_URI=address)
        lines = []
        for line in process.stdout:
            lines.append(line)
            if "Epoch 1/2" in line:
                server.kill()
        output = "".join(lines)
        assert process.wait() == 0, output
        assert output.count("does not answer") == 1
        assert output.count("kedro send-runs --env=demo") == 2
        assert "Report: " in output
        assert (folder / "unlogged.jsonl").is_file()

        refused = project.kedro("send-runs", "--env=demo", succeeds=False, MLFLOW_TRACKING_URI=address)
        assert "Nothing was sent, and nothing is lost" in " ".join(refused.split())

        server.start()
        sent = project.kedro("send-runs", "--env=demo", MLFLOW_TRACKING_URI=address)
        run_id = json.loads((folder / "training.json").read_text())["mlflow_run_id"]
        assert f"records sent to run {run_id}, FINISHED" in " ".join(sent.split())
        client = MlflowClient(server.uri)
        found = client.get_run(run_id)
        assert found.info.status == "FINISHED"
        assert [metric.step for metric in client.get_metric_history(run_id, "epochs/loss")] == [1, 2]
        assert "test/accuracy" in found.data.metrics
        artifacts = {file.path for file in client.list_artifacts(run_id)}
        assert artifacts == {"1_report", "2_results", "3_explanation", "4_files"}
        (model,) = client.search_logged_models([found.info.experiment_id])
        assert str(model.status) == "READY"
        (version,) = client.search_model_versions("name = 'demo-brisc_spectral'")
        assert version.run_id == run_id
        assert version.tags["licence"]
        assert "(" in version.tags["test_accuracy"]
        assert (
            client.get_model_version_by_alias("demo-brisc_spectral", "challenger").version == version.version
        )
        fetched = fetch_bundle("models:/demo-brisc_spectral@challenger", server.uri, tmp_path)
        assert open_bundle(fetched).preprocessing.name == "brisc_spectral"
        assert not (folder / "unlogged.jsonl").exists()
        assert "Nothing to send" in project.kedro("send-runs", "--env=demo")
        for told in (output, refused, sent):
            assert not [secret for secret in (PASSWORD, quote(PASSWORD, safe="")) if secret in told]
        for place in (project.demo, tmp_path):
            for path in place.rglob("*"):
                if path.is_file():
                    written = path.read_bytes()
                    assert PASSWORD.encode() not in written, path
                    assert quote(PASSWORD, safe="").encode() not in written, path
