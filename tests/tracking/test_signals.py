import signal
import threading

import pytest

from s3f_pipeline.tracking.signals import signals_wait


class StoppedError(BaseException):
    """What a handler raises that ends a run."""


@pytest.fixture
def _raising():
    def stop(*_):
        raise StoppedError

    before = signal.signal(signal.SIGTERM, stop)
    yield
    signal.signal(signal.SIGTERM, before)


@pytest.mark.usefixtures("_raising")
def test_a_signal_waits_until_the_block_is_done():
    done = []

    def block():
        with signals_wait():
            signal.raise_signal(signal.SIGTERM)
            done.append(True)

    with pytest.raises(StoppedError):
        block()
    assert done
    with pytest.raises(StoppedError):
        signal.raise_signal(signal.SIGTERM)


def test_threads_are_left_alone():
    failures = []

    def block():
        try:
            with signals_wait():
                pass
        except ValueError as error:
            failures.append(error)

    thread = threading.Thread(target=block)
    thread.start()
    thread.join()
    assert not failures
