import os
import signal
import sys
import time
from contextlib import suppress

import pytest

from s3f_pipeline.pipelines import interrupts
from s3f_pipeline.pipelines.interrupts import InterruptedRunError, signals_as_errors
from s3f_pipeline.signals import SIGNALS


@pytest.fixture(autouse=True)
def handlers_as_before(heard_signals):
    """After a signal the process is meant to end, and handlers are not put back."""
    hook = sys.unraisablehook
    yield
    sys.unraisablehook = hook


def interrupt_inside_a_broad_except(number):
    with signals_as_errors():
        try:
            os.kill(os.getpid(), number)
        except Exception:
            return


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]
)
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


@pytest.mark.parametrize("number", SIGNALS)
def test_signals_that_follow_do_not_cut_off_the_end(number):
    """Neither inside of the block nor behind it, where Kedro calls the hooks that close what is open."""
    ended = []
    with pytest.raises(InterruptedRunError):
        end_slowly(number, ended)
    assert ended == [number]
    for again in SIGNALS:
        os.kill(os.getpid(), again)


def test_a_minute_after_the_end_signals_do_what_they_did_before(monkeypatch):
    heard = []
    for number in SIGNALS:
        signal.signal(number, lambda number, _: heard.append(number))
    with pytest.raises(InterruptedRunError):
        interrupt_inside_a_broad_except(signal.SIGINT)
    monkeypatch.setattr(interrupts, "IGNORED_SECONDS", 0.0)
    for number in SIGNALS:
        os.kill(os.getpid(), number)
    assert heard == list(SIGNALS)


def test_a_run_under_nohup_does_not_hear_that_the_terminal_is_closed():
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    with signals_as_errors():
        os.kill(os.getpid(), signal.SIGHUP)
    assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN


def test_blocks_within_blocks_are_one_interruption():
    with pytest.raises(InterruptedRunError, match="SIGHUP"), signals_as_errors():
        interrupt_inside_a_broad_except(signal.SIGHUP)


@pytest.mark.parametrize("but", ["", ", unless the moon is full"])
def test_the_message_says_how_to_go_on(but):
    with pytest.raises(InterruptedRunError) as caught, signals_as_errors(but):
        signal.raise_signal(signal.SIGINT)
    assert str(caught.value).endswith(f"the same command goes on from there{but}.")


class SignalsWhenItGoes:
    def __del__(self):
        os.kill(os.getpid(), signal.SIGINT)


def go_on_after_a_dropped_signal(reached):
    with signals_as_errors():
        SignalsWhenItGoes()
        reached.append("behind the first")
        SignalsWhenItGoes()  # within a minute
        reached.append("behind the second")
        time.sleep(5)
        reached.append("where it is not heard")


def test_a_signal_that_python_dropped_comes_again_soon():
    reached = []
    with pytest.raises(InterruptedRunError, match="SIGINT"):
        go_on_after_a_dropped_signal(reached)
    assert reached == ["behind the first", "behind the second"]
    time.sleep(0.3)  # and no more


class FailsWhenItGoes:
    def __del__(self):
        raise KeyError("its own fault")


def test_of_what_python_dropped_only_faults_are_shown(monkeypatch):
    shown = []
    monkeypatch.setattr(sys, "unraisablehook", lambda dropped: shown.append(dropped.exc_type))
    with suppress(InterruptedRunError), signals_as_errors():
        SignalsWhenItGoes()
        FailsWhenItGoes()
    assert shown == [KeyError]


def test_a_block_that_has_ended_before_a_dropped_signal_comes_again_stays_ended(monkeypatch):
    monkeypatch.setattr(interrupts, "AGAIN_SECONDS", 0.1)
    with signals_as_errors():
        SignalsWhenItGoes()
    time.sleep(0.2)
    assert signal.getsignal(signal.SIGALRM) is signal.SIG_DFL


@pytest.mark.parametrize("number", SIGNALS)
def test_the_handlers_are_put_back(number):
    before = signal.getsignal(number)
    with signals_as_errors():
        assert signal.getsignal(number) is not before
    assert signal.getsignal(number) is before
    with suppress(ZeroDivisionError), signals_as_errors():
        raise ZeroDivisionError
    assert signal.getsignal(number) is before
