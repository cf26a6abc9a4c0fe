import signal
import threading

import pytest

from s3f_pipeline.signals import SIGNALS, HeldSignals, signals_wait


class StoppedError(BaseException):
    """What a handler raises that ends a run."""


@pytest.fixture
def _raising():
    def stop(*_):
        raise StoppedError

    before = {number: signal.signal(number, stop) for number in SIGNALS}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.usefixtures("_raising")
@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_waits_until_the_block_is_done(number):
    done = []

    def block():
        with signals_wait():
            signal.raise_signal(number)
            done.append(True)

    with pytest.raises(StoppedError):
        block()
    assert done
    with pytest.raises(StoppedError):
        signal.raise_signal(number)


@pytest.mark.usefixtures("_raising")
def test_blocks_within_blocks_wait_for_the_outermost():
    done = []

    def block():
        with signals_wait():
            with signals_wait():
                signal.raise_signal(signal.SIGTERM)
            done.append(True)

    with pytest.raises(StoppedError):
        block()
    assert done


@pytest.mark.usefixtures("_raising")
def test_what_is_ignored_stays_ignored():
    """As under nohup."""
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    with signals_wait():
        signal.raise_signal(signal.SIGHUP)
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN


@pytest.mark.usefixtures("_raising")
def test_whoever_has_lost_patience_is_heard():
    now = [0.0]
    held = HeldSignals(patience=10, clock=lambda: now[0])
    held.hold()
    held.hold()
    signal.raise_signal(signal.SIGINT)
    now[0] = 9
    signal.raise_signal(signal.SIGINT)
    assert held.received == signal.SIGINT
    now[0] = 11
    with pytest.raises(StoppedError):
        signal.raise_signal(signal.SIGINT)
    held.release()


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


@pytest.mark.usefixtures("_raising")
def test_an_exception_while_handlers_are_put_back_leaves_none_behind(monkeypatch):
    """SIGINT arrives as soon as it is heard again, before the others are."""
    held = HeldSignals()
    held.hold()
    put_back = signal.signal

    def and_arrive(number, handler):
        put_back(number, handler)
        if number == signal.SIGINT:
            signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(signal, "signal", and_arrive)
    with pytest.raises(StoppedError):
        held.release()
    monkeypatch.undo()
    for number in SIGNALS:
        with pytest.raises(StoppedError):
            signal.raise_signal(number)
