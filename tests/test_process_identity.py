import os
import subprocess
import sys

import psutil

from s3f_pipeline.process_identity import is_dead, process_name, this_process


def test_this_process_lives():
    assert not is_dead(this_process())


def test_an_ended_process_is_dead():
    node = this_process().split()[0]
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    name = f"{node} {child.pid} {psutil.Process(child.pid).create_time():.0f}"
    assert not is_dead(name)
    child.communicate(b"\n")
    assert is_dead(name)


def test_a_killed_process_that_nobody_has_waited_for_is_dead():
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        name = process_name(child.pid)
        assert not is_dead(name)
        child.kill()
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
        assert is_dead(name)


def test_another_process_with_the_same_number_does_not_count():
    node, pid, _ = this_process().split()
    assert is_dead(f"{node} {pid} 1")


def test_other_machines_and_unknown_runs_count_as_alive():
    assert not is_dead("elsewhere 1 1")
    assert not is_dead("")
