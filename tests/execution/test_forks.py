"""The fork server, whose copies work on tasks."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from threading import Lock

import pytest

from xorsweep.execution.forks import ForkServer

MODULE = "wave"
"""A module that nothing else imports."""


@pytest.fixture(scope="module")
def server() -> Iterator[ForkServer]:
    server = ForkServer(MODULE)
    yield server
    server.close()


def state(number: int) -> tuple[int, int, bool]:
    print("a text that is no answer")
    return number, os.getpid(), MODULE in sys.modules


def fail(number: int) -> None:
    raise FileNotFoundError(f"no file {number}")


def die(number: int) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def kill_server(number: int) -> None:
    os.kill(os.getppid(), signal.SIGKILL)


def test_copies_have_the_modules_of_the_server(server: ForkServer) -> None:
    values = server.map(state, range(20), 2).result(60)
    assert [number for number, _, _ in values] == [*range(20)]
    assert all(is_imported for _, _, is_imported in values)
    assert MODULE not in sys.modules
    assert len({process for _, process, _ in values} - {os.getpid()}) <= 2
    assert server.map(state, [], 2).result(60) == []


def test_relative_paths_are_those_of_the_process_that_asks(
    server: ForkServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "here").touch()
    monkeypatch.chdir(tmp_path)
    assert server.map(os.path.exists, ["here", "there"], 2).result(60) == [True, False]


def test_a_function_of_a_script_is_sent_by_value(server: ForkServer) -> None:
    factor = 3
    assert server.map(lambda number: factor * number, [1, 2], 2).result(60) == [3, 6]


def test_an_error_is_that_of_the_task_and_later_tasks_are_done(server: ForkServer) -> None:
    failing, later = server.map(fail, [7], 2), server.map(abs, [-1], 2)
    with pytest.raises(FileNotFoundError, match="no file 7"):
        failing.result(60)
    assert later.result(60) == [1]


def test_a_copy_that_dies_breaks_its_own_tasks_alone(server: ForkServer) -> None:
    dying, later = server.map(die, [0, 1], 2), server.map(abs, [-1], 2)
    with pytest.raises(BrokenProcessPool):
        dying.result(60)
    assert later.result(60) == [1]


def test_an_unpicklable_task_is_an_error_of_its_own(server: ForkServer) -> None:
    with pytest.raises(TypeError, match="pickle"):
        server.map(state, [Lock()], 1).result(60)  # type: ignore[list-item]
    assert server.is_alive


@pytest.mark.slow
def test_a_server_that_dies_breaks_all_tasks() -> None:
    server = ForkServer(MODULE)
    with pytest.raises(BrokenProcessPool):
        server.map(kill_server, [0], 1).result(60)
    with pytest.raises(BrokenProcessPool):
        server.map(abs, [0], 1).result(60)
    assert not server.is_alive
    server.close()


KILLED = """
import os, sys, time
from pathlib import Path
from xorsweep.execution.forks import ForkServer

folder = sys.argv[1]

def work(number):
    Path(folder, str(number)).touch()
    time.sleep(600)

ForkServer("wave").map(work, [0, 1], 2)
while len(os.listdir(folder)) < 2:
    time.sleep(0.01)
os.kill(os.getpid(), 9)
"""


@pytest.mark.slow
def test_nothing_stays_where_the_process_is_killed(tmp_path: Path) -> None:
    # The pipe is closed once every process that inherited it has ended.
    command = [sys.executable, "-c", KILLED, tmp_path]
    done = subprocess.run(command, stderr=subprocess.PIPE, timeout=60)
    assert done.returncode == -signal.SIGKILL
