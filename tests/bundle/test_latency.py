import logging

from s3f_pipeline.bundle.latency import latencies


def test_a_network_without_a_bundle_is_left_out_with_the_reason(bundle, tmp_path, caplog):
    caplog.set_level(logging.WARNING)
    found = latencies({"spatial": bundle, "gone": tmp_path / "nowhere"})
    assert list(found) == ["spatial"]
    assert 0 < found["spatial"] < 1
    assert "The time that gone takes for one image is not known: " in caplog.text


def test_no_network_takes_no_time(tmp_path):
    assert latencies({}) == {}
