import os
import signal

import pytest

from s3f_pipeline.pipelines import interrupts
from s3f_pipeline.pipelines.interrupts import InterruptedRunError, signals_as_errors


@pytest.fixture(autouse=True)
def handlers_as_before():
    """After SIGTERM the process is meant to end, and its handler is not put back."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def interrupt_inside_a_broad_except(number):
    with signals_as_errors():
        try:
            os.kill(os.getpid(), number)
        except Exception:
            return


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_becomes_an_error_that_nothing_swallows(number, code):
    with pytest.raises(InterruptedRunError, match=signal.Signals(number).name) as caught:
        interrupt_inside_a_broad_except(number)
    assert caught.value.exit_code == code


def end_slowly(number, ended):
    """Clean up after a signal, while the signal comes again."""
    with signals_as_errors():
        try:
            os.kill(os.getpid(), number)
        finally:
            os.kill(os.getpid(), number)
            ended.append(number)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_that_comes_again_does_not_cut_off_the_end(number):
    ended = []
    with pytest.raises(InterruptedRunError):
        end_slowly(number, ended)
    assert ended == [number]
    if number == signal.SIGTERM:
        os.kill(os.getpid(), number)


class SignalsWhenItGoes:
    def __del__(self):
        os.kill(os.getpid(), signal.SIGINT)


def go_on_after_a_dropped_signal(reached):
    with signals_as_errors():
        SignalsWhenItGoes()
        reached.append("behind the first")
        os.kill(os.getpid(), signal.SIGTERM)
        reached.append("behind the second")


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_after_a_signal_that_python_dropped_the_next_one_is_heard(monkeypatch):
    monkeypatch.setattr(interrupts, "IGNORED_SECONDS", 0.0)
    reached = []
    with pytest.raises(InterruptedRunError):
        go_on_after_a_dropped_signal(reached)
    assert reached == ["behind the first"]


def test_the_handlers_are_put_back():
    before = signal.getsignal(signal.SIGINT)
    with signals_as_errors():
        assert signal.getsignal(signal.SIGINT) is not before
    assert signal.getsignal(signal.SIGINT) is before
