"""Ctrl-C, SIGTERM, SIGHUP: finished points stay, no process is left, a line tells how to resume."""

import json
import os
import pty
import re
import select
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from sweep_process import PATIENCE, SWEEP, Begin, parts_in

from xorsweep.cli.errors import errors_in_one_line
from xorsweep.execution.signals import Interrupted, handle_signals, raise_pending_interrupt

GO_ON = "are kept, resume with python -m xorsweep -m resume=sweep\n"
CODES = {signal.SIGINT: 130, signal.SIGTERM: 143, signal.SIGHUP: 129}


@pytest.fixture
def handlers() -> Iterator[None]:
    """Restore the signal handlers of this process."""
    before = {number: signal.getsignal(number) for number in CODES}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.usefixtures("handlers")
def test_only_the_first_signal_is_heard_and_in_order() -> None:
    with handle_signals():
        with pytest.raises(Interrupted, match="SIGTERM") as raised:
            signal.raise_signal(signal.SIGTERM)
        assert raised.value.exit_code == 143
        os.kill(os.getpid(), signal.SIGTERM)
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(0.01)
        with pytest.raises(Interrupted, match="SIGTERM"):
            raise_pending_interrupt()
    os.kill(os.getpid(), signal.SIGINT)
    time.sleep(0.01)
    raise_pending_interrupt()  # a later sweep in the same process isn't interrupted


@pytest.mark.usefixtures("handlers")
def test_without_a_signal_the_handlers_are_as_before() -> None:
    before = {number: signal.getsignal(number) for number in CODES}
    with handle_signals():
        raise_pending_interrupt()
    assert {number: signal.getsignal(number) for number in CODES} == before


@pytest.mark.parametrize("number", CODES)
def test_a_signal_that_is_ignored_stays_ignored(number: signal.Signals) -> None:
    """As `nohup` has SIGHUP ignored."""
    before = signal.signal(number, signal.SIG_IGN)
    try:
        with handle_signals():
            os.kill(os.getpid(), number)
            time.sleep(0.01)
    finally:
        signal.signal(number, before)


@pytest.mark.usefixtures("handlers")
@pytest.mark.parametrize("number", CODES)
def test_a_command_that_hears_a_signal_ends_with_its_code(number: signal.Signals) -> None:
    if number == signal.SIGHUP:  # which a runner under `nohup` ignores
        signal.signal(number, signal.SIG_DFL)
    with pytest.raises(SystemExit) as ending, errors_in_one_line():
        signal.raise_signal(number)
    assert ending.value.code == CODES[number]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("number", "to_group", "parallel"),
    [
        (signal.SIGINT, True, "loky"),
        (signal.SIGINT, False, "loky"),
        (signal.SIGINT, True, "serial"),
        (signal.SIGTERM, True, "loky"),
        (signal.SIGTERM, False, "serial"),
        (signal.SIGHUP, True, "loky"),
        (signal.SIGHUP, False, "serial"),
    ],
    ids=[
        "interrupt-all",
        "interrupt-parent",
        "interrupt-serial",
        "term-all",
        "term-serial",
        "hangup-all",
        "hangup-serial",
    ],
)
def test_a_signal_ends_a_sweep_in_order(
    number: signal.Signals,
    to_group: bool,
    parallel: str,
    begin: Begin,
    undisturbed: bytes,
    tmp_path: Path,
) -> None:
    sweep = tmp_path / "sweep"
    running = begin(*SWEEP, f"parallel={parallel}", "hydra.sweep.dir=sweep")
    running.wait_until(lambda: parts_in(sweep) > 1)
    (os.killpg if to_group else os.kill)(running.process.pid, number)
    code, out, err = running.end()
    assert (code, err) == (CODES[number], "")
    assert out.endswith(GO_ON)
    assert not running.family()
    assert json.loads((sweep / "manifest.json").read_text())["state"] == "interrupted"
    kept = {path.name: pq.read_metadata(path).num_rows for path in (sweep / "parts").iterdir()}
    assert len(kept) > 1
    code, out, err = begin("resume=sweep", "report=false").end()
    assert code == 0, err
    assert re.findall(r"(?:found|all) ([\d,]+) (?:finished|results)", out) == [
        f"{sum(kept.values()):,}"
    ]
    assert (sweep / "results.csv").read_bytes() == undisturbed
    assert kept.keys() <= {path.name for path in (sweep / "parts").iterdir()}


@pytest.mark.slow
def test_ctrl_c_at_a_terminal_takes_the_bar_away_and_gives_the_cursor_back(tmp_path: Path) -> None:
    slow = [each for each in SWEEP if not each.startswith("epochs=")]
    child, terminal = pty.fork()
    if not child:
        os.chdir(tmp_path)
        command = [sys.executable, "-m", "xorsweep", "-m", *slow, "epochs=8000"]
        os.execv(sys.executable, [*command, "hydra.sweep.dir=sweep"])
    shown = ""
    while "training" not in shown and (read := _read(terminal)):
        shown += read
    os.write(terminal, b"\x03")
    while read := _read(terminal):
        shown += read
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 130, shown
    assert shown.count("\x1b[?25l") == shown.count("\x1b[?25h")
    assert " ".join(shown.split()).endswith(GO_ON.strip())  # in as many lines as the terminal needs
    assert "Traceback" not in shown


@pytest.mark.slow
@pytest.mark.parametrize("ignored", [False, True], ids=["heard", "nohup"])
def test_a_terminal_that_is_closed_ends_a_sweep_unless_that_is_ignored(
    ignored: bool, tmp_path: Path, undisturbed: bytes
) -> None:
    child, terminal = pty.fork()
    if not child:
        os.chdir(tmp_path)
        if ignored:
            signal.signal(signal.SIGHUP, signal.SIG_IGN)
        command = [sys.executable, "-m", "xorsweep", "-m", *SWEEP, "parallel=serial"]
        os.execv(sys.executable, [*command, "hydra.sweep.dir=sweep"])
    os.set_blocking(terminal, False)
    end = time.monotonic() + PATIENCE
    while parts_in(tmp_path / "sweep") < 1:
        assert time.monotonic() < end
        with suppress(OSError):
            os.read(terminal, 1024)
        time.sleep(0.01)
    os.close(terminal)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == (0 if ignored else CODES[signal.SIGHUP])
    state = json.loads((tmp_path / "sweep/manifest.json").read_text())["state"]
    assert state == ("finished" if ignored else "interrupted")
    if ignored:
        assert (tmp_path / "sweep/results.csv").read_bytes() == undisturbed


def _read(terminal: int) -> str:
    """Return the output of a terminal; nothing where the other end is closed."""
    assert select.select([terminal], [], [], PATIENCE)[0], "nothing comes from the terminal"
    try:
        return os.read(terminal, 1024).decode(errors="replace")
    except OSError:
        return ""


@pytest.mark.slow
def test_ctrl_c_while_the_figures_are_drawn(begin: Begin, tmp_path: Path) -> None:
    sweep = tmp_path / "sweep"
    small = ["lr=0.5", "hidden=2,3", "epochs=50", "seed=range(0,50)", "parallel=serial"]
    running = begin(*small, "hydra.sweep.dir=sweep")
    running.wait_until((sweep / "figures").is_dir)
    rows = (sweep / "results.csv").read_bytes()
    os.killpg(running.process.pid, signal.SIGINT)
    code, out, err = running.end()
    assert (code, err) == (130, "")
    assert out.endswith(GO_ON)
    assert not (sweep / "report.html").exists()
    code, out, err = begin("resume=sweep").end()
    assert code == 0, err
    assert "all 100 results finished: nothing to run" in out
    assert (sweep / "report.html").is_file()
    assert (sweep / "results.csv").read_bytes() == rows
    assert not list(sweep.rglob(".*.tmp"))
