import json

import pytest
import yaml
from result_files import metrics_file, write_json

from s3f_pipeline.config.loader import PROJECT
from s3f_pipeline.errors import ResultsError
from s3f_pipeline.results import RunId
from s3f_pipeline.results.audit import Audit
from s3f_pipeline.results.explanation import Explanation
from s3f_pipeline.results.intervals import Interval
from s3f_pipeline.results.metrics import Metrics
from s3f_pipeline.results.reading import TABLE_VERSION
from s3f_pipeline.results.training import TrainingFacts

CONTENT = metrics_file(RunId("brisc", "patient_safe", "spatial", 0))


def test_a_file_is_read_as_it_was_written(tmp_path):
    found = Metrics.read(write_json(tmp_path / "metrics.json", CONTENT))
    assert (found.cohort, found.test.accuracy, found.validation) == ("brisc", 0.5, None)
    assert found.test.per_class["a"].support == 5
    assert found.test_openings.by_any_variant == 2
    assert found.test.intervals["accuracy"] == Interval(0.25, 0.75, "too few")
    assert found.test.per_class["a"].intervals["recall"].flag is None


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ({**CONTENT, "schema_version": 1}, ["schema version 1", "reads 2", "force=true"]),
        ({**CONTENT, "schema_version": 9}, ["schema version 9", "reads up to 2", "install"]),
        ({"cohort": "brisc"}, ["schema version None", "force=true"]),
        ([], ["schema version None", "force=true"]),
        ({**CONTENT, "guarantee": "near_duplicate"}, ["damaged", "another release", "guarantee must be"]),
        ({**CONTENT, "test": {}}, ["damaged", "test.n is missing", "force=true"]),
    ],
)
def test_other_versions_and_damage_are_refused_by_name(tmp_path, content, words):
    path = write_json(tmp_path / "metrics.json", content)
    with pytest.raises(ResultsError) as raised:
        Metrics.read(path)
    for word in [str(path), *words]:
        assert word in raised.value.message


@pytest.mark.parametrize(
    ("content", "words"), [(None, "No such file"), (b"", "damaged"), (b"{", "damaged"), (b"\xff", "damaged")]
)
def test_a_file_that_is_no_json_is_refused_by_name(tmp_path, content, words):
    path = tmp_path / "metrics.json"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ResultsError, match=words) as raised:
        Metrics.read(path)
    assert str(path) in raised.value.message


def test_readers_and_catalog_agree_on_versions():
    catalog = yaml.safe_load((PROJECT / "conf/base/catalog.yml").read_text(encoding="utf-8"))
    versions = {
        "{cohort}.{protocol}.{variant}.metrics": Metrics.VERSION,
        "{cohort}.{protocol}.{variant}.training": TrainingFacts.VERSION,
        "{cohort}.{protocol}.{variant}.explanation": Explanation.VERSION,
        "{cohort}.leakage_audit": Audit.VERSION,
        "{cohort}.{protocol}.{variant}.predictions": TABLE_VERSION,
        "{cohort}.{protocol}.splits": TABLE_VERSION,
        "{cohort}.index": TABLE_VERSION,
    }
    assert {name: catalog[name]["schema_version"] for name in versions} == versions


def test_what_metrics_compute_is_what_is_read():
    import numpy as np
    import pandas as pd

    from s3f_pipeline.evaluation.metrics import compute_metrics

    shares = np.array([[0.9, 0.1], [0.2, 0.8], [0.4, 0.6]])
    table = pd.DataFrame({"label": ["a", "b", "a"], "predicted": ["a", "b", "b"], "split": "test"})
    table = table.assign(image_id=list("xyz"), group=list("xyz"), p_a=shares[:, 0], p_b=shares[:, 1])
    computed = json.loads(json.dumps(compute_metrics(table, ["a", "b"], positive_class="b")))
    found = Metrics.of({**CONTENT, "test": computed}, "metrics.json").test
    assert set(computed) == set(type(found).__dataclass_fields__)
    assert set(computed["positive"]) == set(type(found.positive).__dataclass_fields__)
    assert set(computed["per_class"]["a"]) == set(type(found.per_class["a"]).__dataclass_fields__)
    assert found.positive.sensitivity == 1.0
    assert found.confusion_matrix == ((1, 1), (0, 1))
