import signal
import threading

import pytest

from s3f_pipeline.signals import SIGNALS, HeldSignals, signals_wait


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_waits_until_the_block_is_done(stopped, number):
    done = []

    def block():
        with signals_wait():
            signal.raise_signal(number)
            done.append(True)

    with pytest.raises(stopped):
        block()
    assert done
    with pytest.raises(stopped):
        signal.raise_signal(number)


def test_blocks_within_blocks_wait_for_the_outermost(stopped):
    done = []

    def block():
        with signals_wait():
            with signals_wait():
                signal.raise_signal(signal.SIGTERM)
            done.append(True)

    with pytest.raises(stopped):
        block()
    assert done


def test_what_is_ignored_stays_ignored(stopped):
    """As under nohup."""
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    with signals_wait():
        signal.raise_signal(signal.SIGHUP)
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN


def test_whoever_has_lost_patience_is_heard(stopped):
    now = [0.0]
    held = HeldSignals(patience=10, clock=lambda: now[0])
    held.hold()
    held.hold()
    signal.raise_signal(signal.SIGINT)
    now[0] = 9
    signal.raise_signal(signal.SIGINT)
    assert held.received == signal.SIGINT
    now[0] = 11
    with pytest.raises(stopped):
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


def test_an_exception_while_handlers_are_put_back_leaves_none_behind(stopped, monkeypatch):
    """SIGINT arrives as soon as it is heard again, before the others are."""
    held = HeldSignals()
    held.hold()
    put_back = signal.signal

    def and_arrive(number, handler):
        put_back(number, handler)
        if number == signal.SIGINT:
            signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(signal, "signal", and_arrive)
    with pytest.raises(stopped):
        held.release()
    monkeypatch.undo()
    for number in SIGNALS:
        with pytest.raises(stopped):
            signal.raise_signal(number)
