import cv2
import pytest

from s3f_pipeline.images.threads import one_thread_per_call


@pytest.fixture
def three_threads():
    before = cv2.getNumThreads()
    cv2.setNumThreads(3)
    yield
    cv2.setNumThreads(before)


def fail_inside():
    with one_thread_per_call():
        raise RuntimeError(f"{cv2.getNumThreads()} thread")


@pytest.mark.usefixtures("three_threads")
def test_threads_are_given_back_even_after_an_error():
    with pytest.raises(RuntimeError, match="1 thread"):
        fail_inside()
    assert cv2.getNumThreads() == 3
