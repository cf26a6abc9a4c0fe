import pytest

from s3f_pipeline.backend.memory import is_out_of_memory


class ResourceExhaustedError(Exception):
    """Named as TensorFlow names its own."""


@pytest.mark.parametrize(
    "error",
    [
        ResourceExhaustedError("failed to allocate memory"),
        RuntimeError("RESOURCE_EXHAUSTED: Out of memory while trying to allocate 17179869184 bytes."),
        MemoryError(),
    ],
)
def test_failures_for_want_of_memory(error):
    assert is_out_of_memory(error)


def test_other_failures():
    assert not is_out_of_memory(ValueError("shapes do not match"))
