import io
import json
import os
import socket
import threading
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from s3f_pipeline.acquisition.acquire import acquire
from s3f_pipeline.acquisition.kaggle import fetch_dataset
from s3f_pipeline.config.schema import DownloadConfig
from s3f_pipeline.errors import AcquisitionError

PORT = 7777  # of KAGGLE_API_ENVIRONMENT=TEST


def packed(*names):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name in names:
            archive.writestr(name, name * 1000)
    return file.getvalue()


class Handler(BaseHTTPRequestHandler):
    """As much of Kaggle's API as a public data set needs."""

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        if self.server.status != 200:
            self.send_error(self.server.status)
            return
        is_query = self.path.endswith("/GetDataset")
        data = json.dumps({"currentVersionNumber": 3}).encode() if is_query else self.server.archive
        self.send_response(200)
        self.send_header("Content-Type", "application/json" if is_query else "application/zip")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if not is_query and self.server.drops:
            self.server.drops -= 1
            data = data[: len(data) // 2]
        self.wfile.write(data)

    def log_message(self, *arguments):
        pass


@pytest.fixture
def kaggle(monkeypatch, tmp_path):
    with socket.socket() as probe:
        if probe.connect_ex(("127.0.0.1", PORT)) == 0:
            pytest.skip(f"port {PORT} is taken")
    monkeypatch.setenv("KAGGLE_API_ENVIRONMENT", "TEST")
    monkeypatch.setenv("KAGGLE_CONFIG_DIR", str(tmp_path / "none"))
    for name in ("KAGGLE_USERNAME", "KAGGLE_KEY", "KAGGLE_API_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    ThreadingHTTPServer.allow_reuse_address = True
    server = ThreadingHTTPServer(("127.0.0.1", PORT), Handler)
    server.archive, server.status, server.drops = packed("chest_xray/train/a.txt", "readme.txt"), 200, 0
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def get(waiting, inside="chest_xray"):
    return fetch_dataset("owner/chest", waiting, inside, attempts=3, pause=0.01)


def test_the_wanted_folder_is_found(kaggle, tmp_path):
    folder = get(tmp_path / "waiting")
    assert folder.name == "chest_xray"
    assert (folder / "train/a.txt").is_file()
    assert tmp_path / "waiting" in folder.parents


def test_without_such_a_folder_the_whole_is_taken(kaggle, tmp_path):
    kaggle.archive = packed("GroundTruth.csv", "images/a.jpg")
    assert sorted(path.name for path in get(tmp_path, "HAM10000").iterdir()) == ["GroundTruth.csv", "images"]


def test_a_dropped_connection_is_tried_again(kaggle, tmp_path):
    kaggle.drops = 2
    assert (get(tmp_path) / "train/a.txt").is_file()


@pytest.mark.parametrize("status", [403, 404, 500])
def test_a_refusal_is_told_in_one_line(kaggle, tmp_path, status):
    kaggle.status = status
    with pytest.raises(AcquisitionError, match=r"download of owner/chest from Kaggle failed") as caught:
        get(tmp_path)
    assert "\n" not in caught.value.message


def test_a_damaged_archive_is_told_and_not_gone_on_with(kaggle, tmp_path):
    whole, kaggle.archive = kaggle.archive, b"no archive at all"
    with pytest.raises(AcquisitionError, match=r"download of owner/chest from Kaggle failed"):
        get(tmp_path / "waiting")
    assert not (tmp_path / "waiting").exists()
    kaggle.archive = whole
    assert (get(tmp_path / "waiting") / "train/a.txt").is_file()


def test_the_cache_of_the_user_is_left_alone(kaggle, tmp_path, monkeypatch):
    monkeypatch.setenv("KAGGLEHUB_CACHE", str(tmp_path / "own"))
    get(tmp_path / "waiting")
    assert os.environ["KAGGLEHUB_CACHE"] == str(tmp_path / "own")
    assert not (tmp_path / "own").exists()


def test_a_cohort_is_moved_into_place(kaggle, tmp_path, brisc):
    download = DownloadConfig(kaggle="owner/chest")
    chest = brisc.model_copy(
        update={"name": "chest", "raw_folder": "chest", "inside": "chest_xray", "download": download}
    )
    (tmp_path / "raw/chest").mkdir(parents=True)  # an empty folder is no data
    provenance = acquire(chest, tmp_path / "raw", None, None)["provenance"]
    assert provenance["source"] == "kaggle owner/chest"
    assert (tmp_path / "raw/chest/train/a.txt").is_file()
    assert sorted(path.name for path in (tmp_path / "raw").iterdir()) == ["chest", "chest.source.json"]
