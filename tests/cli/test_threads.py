"""`xs.sweep` from several threads, and inside programs that use Hydra and Matplotlib themselves."""

import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier, Event, Thread
from typing import Any

import hydra
import matplotlib as mpl
import pytest
from hydra import compose, initialize_config_dir
from hydra.core.global_hydra import GlobalHydra
from hydra.core.utils import JobRuntime
from omegaconf import OmegaConf

import xorsweep as xs
from xorsweep.cli.defaults import config_folder
from xorsweep.cli.hydra_config import VERSION_BASE
from xorsweep.reporting.figures.style import STYLE, styled

THREADS = 3
FEW: dict[str, Any] = {"hidden": 2, "epochs": 20, "seed": range(3), "progress": False}


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def at_once(calls: list[dict[str, Any]]) -> list[xs.Sweep]:
    """Return the results of calls of `sweep`, each in a thread, started together."""
    together = Barrier(len(calls))

    def call(given: dict[str, Any]) -> xs.Sweep:
        together.wait()
        return xs.sweep(**FEW, **given)

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(call, calls))


def test_threads_sweep_at_the_same_time_and_each_gets_its_own(tmp_path: Path) -> None:
    calls = [{"lr": [0.5, 1.0 + n], "folder": tmp_path / str(n)} for n in range(THREADS)]
    for sweep, given in zip(at_once(calls), calls, strict=True):
        alone = xs.sweep(**FEW, **{**given, "folder": tmp_path / f"{sweep.folder.name}-alone"})
        assert sweep.folder == given["folder"]
        csv = "results.csv"
        assert (sweep.folder / csv).read_bytes() == (alone.folder / csv).read_bytes()
    assert not GlobalHydra.instance().is_initialized()


def test_threads_that_ask_for_the_same_sweep_train_it_once(tmp_path: Path) -> None:
    sweeps = at_once([{"lr": 0.5}] * THREADS)
    assert len({sweep.folder for sweep in sweeps}) == 1
    assert [len(sweep.results) for sweep in sweeps] == [3] * THREADS
    assert not sweeps[0].manifest.earlier


@pytest.mark.slow
def test_threads_extend_the_same_sweep_one_after_the_other(tmp_path: Path) -> None:
    begun = xs.sweep(**FEW, lr=0.5, folder=tmp_path / "sweep")
    together = Barrier(THREADS)

    def extend(lr: float) -> None:
        together.wait()
        xs.sweep(resume=begun.folder, lr=lr, progress=False)

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(extend, range(1, THREADS + 1)))
    levels = xs.load(begun.folder).results["lr"].unique()
    assert sorted(levels) == [0.5, *range(1, THREADS + 1)]


@pytest.fixture
def application() -> Iterator[None]:
    """Enter an application of Hydra, with a resolver of its own and, where there is one, a base."""
    base = {"version_base": "1.2"} if VERSION_BASE else {}
    register = OmegaConf.register_new_resolver if VERSION_BASE else OmegaConf.register_resolver
    with initialize_config_dir(config_folder(), job_name="mine", **base):
        register("now", lambda _: "mine", replace=True)
        yield


def state() -> tuple[object, ...]:
    names = JobRuntime.instance().get("name"), OmegaConf.create({"x": "${now:%Y}"}).x
    whole = GlobalHydra.instance()
    return whole, whole.hydra, hydra.version.getbase(), *names


@pytest.mark.parametrize("given", [{"lr": 0.5}, {"lr": "a b"}, {"task": "xro"}, {"where": "lr <"}])
def test_hydras_state_is_restored_after_a_sweep_and_after_an_error(
    application: None, given: dict[str, Any]
) -> None:
    before = state()
    assert before[3:] == ("mine", "mine")
    try:
        xs.sweep(**FEW, **given)
    except xs.ConfigError:
        assert given != {"lr": 0.5}
    assert all(now is then or now == then for now, then in zip(state(), before, strict=True))
    assert state()[1] is before[1]
    assert compose("config", ["lr=3"]).lr == 3


APPLICATION = """
import hydra, logging, sys
import xorsweep as xs
from xorsweep.cli.hydra_config import VERSION_BASE

@hydra.main(**VERSION_BASE, config_path=None, config_name=None)
def main(config):
    try:
        xs.sweep(lr=config.lr, hidden=2, epochs=20, seed=[0, 1], progress=False)
    except xs.ConfigError as error:
        print(error)
    print(hydra.core.hydra_config.HydraConfig.get().job.name)

main()
"""


@pytest.mark.slow
def test_jobs_of_a_hydra_application_sweep_and_keep_their_name(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(APPLICATION, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "mine.py", "-m", "+lr=0.5,-1,2", "hydra.sweep.dir=jobs"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=400,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines().count("mine") == 3
    assert "lr=-1: " in done.stdout
    assert {path.name for path in (tmp_path / "jobs").glob("*/*.log")} == {"mine.log"}


def test_threads_that_draw_leave_the_style_of_the_program() -> None:
    before = dict(mpl.rcParams)
    entered, left = Event(), Event()

    def draw_later() -> None:
        with styled():
            entered.set()
            left.wait()

    later = Thread(target=draw_later)
    with styled():
        later.start()
        entered.wait(timeout=0.3)  # which would be at once if threads didn't take turns
        assert mpl.rcParams["font.size"] == STYLE["font.size"]
    left.set()
    later.join()
    assert dict(mpl.rcParams) == before
