import keras
import numpy as np
import pytest

from s3f_pipeline.models.layers import BilinearFusion


def reference(a, b):
    """The definition, image by image in float64."""
    fused = []
    for first, second in zip(a.astype(np.float64), b.astype(np.float64), strict=True):
        products = np.outer(first, second).ravel()
        roots = np.sign(products) * np.sqrt(np.abs(products) + 1e-5)
        fused.append(roots / np.sqrt(np.sum(roots**2)))
    return np.array(fused)


def numeric_gradient(function, at, step=1e-5):
    """Gradient of a scalar function by central differences in float64."""
    gradient = np.empty(at.shape)
    for position in np.ndindex(at.shape):
        offset = np.zeros(at.shape)
        offset[position] = step
        gradient[position] = (function(at + offset) - function(at - offset)) / (2 * step)
    return gradient


@pytest.mark.parametrize("backend", ["tensorflow", "jax"])
def test_output_and_gradients_equal_the_definition(backend, backend_results):
    computed = backend_results(backend)["bilinear_fusion"]
    a, b, cotangent = (computed[name].astype(np.float64) for name in ("a", "b", "cotangent"))
    expected = {
        "output": reference(a, b),
        "d_a": numeric_gradient(lambda a: np.sum(reference(a, b) * cotangent), a),
        "d_b": numeric_gradient(lambda b: np.sum(reference(a, b) * cotangent), b),
    }
    for name, array in expected.items():
        error = np.abs(computed[name] - array).max()
        assert error <= 1e-5 * np.abs(array).max(), f"{name} is off by {error}"


@pytest.mark.parametrize("backend", ["tensorflow", "jax"])
def test_a_vector_of_zeros_gives_zeros_and_finite_gradients(backend, backend_results):
    computed = backend_results(backend)["bilinear_fusion"]
    assert not computed["zero_output"].any()
    assert np.isfinite(computed["zero_d_a"]).all()
    assert np.isfinite(computed["zero_d_b"]).all()


def test_the_output_has_length_one():
    rng = np.random.default_rng(0)
    fused = BilinearFusion()([rng.normal(size=(3, 512)), rng.normal(size=(3, 4))])
    np.testing.assert_allclose(np.linalg.norm(fused, axis=1), 1, rtol=1e-6)


def test_symbolic_shape():
    assert BilinearFusion()([keras.Input((512,)), keras.Input((4,))]).shape == (None, 2048)


def test_mixed_precision_rounds_only_the_output(mixed_bfloat16):
    rng = np.random.default_rng(0)
    a, b = (keras.ops.cast(rng.normal(size=(2, n)), "bfloat16") for n in (8, 4))
    fused = BilinearFusion()([a, b])
    full = BilinearFusion(dtype="float32")([a, b])
    assert keras.backend.standardize_dtype(fused.dtype) == "bfloat16"
    np.testing.assert_array_equal(fused, keras.ops.cast(full, "bfloat16"))


@pytest.mark.parametrize("shapes", [[(2, 3)], [(2, 3), (2, 4), (2, 5)], [(2, 3, 1), (2, 4)], (2, 3)])
def test_anything_but_two_vectors_is_refused(shapes):
    with pytest.raises(ValueError, match=r"needs two inputs.*Received: input_shape="):
        BilinearFusion().build(shapes)
