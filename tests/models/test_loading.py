import re
import zipfile

import keras
import numpy as np
import pytest

from s3f_pipeline.backend.devices import jit_compile
from s3f_pipeline.errors import ModelError
from s3f_pipeline.models import build_model, load_model

SHAPE = (20, 18, 3)


@pytest.mark.parametrize("variant", ["spatial", "spectral_sn1", "concat_sn2", "bilinear_sn1"])
def test_a_saved_network_predicts_the_same(variant, tmp_path):
    images = np.random.default_rng(0).uniform(size=(3, *SHAPE)).astype(np.float32)
    model = build_model(variant, SHAPE, 4)
    model.compile("adam", "sparse_categorical_crossentropy", jit_compile=jit_compile())
    model.save(tmp_path / "model.keras")
    loaded = load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded.predict(images, verbose=0), model.predict(images, verbose=0))


def test_a_damaged_file_is_refused(tmp_path):
    path = tmp_path / "model.keras"
    build_model("spectral", (8, 8, 1), 2).save(path)
    whole = path.read_bytes()
    for damaged in (b"", whole[: len(whole) // 2]):
        path.write_bytes(damaged)
        with pytest.raises(ModelError, match=re.escape(str(path))):
            load_model(path)


def test_a_layer_that_is_not_registered_is_refused(tmp_path):
    path, foreign = tmp_path / "model.keras", tmp_path / "foreign.keras"
    build_model("spectral", (8, 8, 1), 2).save(path)
    with zipfile.ZipFile(path) as own, zipfile.ZipFile(foreign, "w") as other:
        for name in own.namelist():
            content = own.read(name)
            if name == "config.json":
                assert b"SpectralFilter" in content
                content = content.replace(b"SpectralFilter", b"UnheardOfFilter")
            other.writestr(name, content)
    with pytest.raises(ModelError, match=r"foreign.keras cannot be loaded as a network \(.*UnheardOfFilter"):
        load_model(foreign)


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(ModelError, match=r"missing.keras cannot be loaded as a network"):
        load_model(tmp_path / "missing.keras")


def test_a_file_with_code_in_it_is_refused(tmp_path):
    images = keras.Input((4, 4, 1))
    path = tmp_path / "model.keras"
    keras.Model(images, keras.layers.Lambda(lambda x: x + 1)(images)).save(path)
    with pytest.raises(ModelError, match=r"model.keras cannot be loaded as a network"):
        load_model(path)
