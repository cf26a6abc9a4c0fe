import cv2
import pytest

from s3f_pipeline.splits.threads import one_thread_per_call


def test_threads_are_given_back_even_after_an_error():
    before = cv2.getNumThreads()
    cv2.setNumThreads(3)
    try:
        with pytest.raises(ValueError, match="inside"), one_thread_per_call():
            assert cv2.getNumThreads() == 1
            raise ValueError("inside")
        assert cv2.getNumThreads() == 3
    finally:
        cv2.setNumThreads(before)
