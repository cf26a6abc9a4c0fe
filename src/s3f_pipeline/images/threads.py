"""Who uses the cores: many small images are better divided among threads than each for itself."""

from collections.abc import Iterator
from contextlib import contextmanager

import cv2
from threadpoolctl import threadpool_limits


@contextmanager
def one_thread_per_call() -> Iterator[None]:
    """Let each call into OpenCV or linear algebra use one thread, so that callers may run several."""
    threads = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        with threadpool_limits(limits=1, user_api="blas"):
            yield
    finally:
        cv2.setNumThreads(threads)
