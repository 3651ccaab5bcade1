"""kill -9, of the parent at random moments and of its workers: nothing is lost."""

import os
import random
import signal
import time
from pathlib import Path

import pytest
from sweep_process import SWEEP, Begin, parts_in

pytestmark = pytest.mark.slow

KILLS = 12
MOST_STARTS = 60
NOTHING = "a sweep that ended so early has trained nothing: start it again"


def arguments_for(sweep: Path, parallel: str) -> list[str]:
    """Return how to go on with a sweep, or to begin one where nothing has started."""
    if (sweep / "manifest.json").exists():
        return [f"resume={sweep.name}", f"parallel={parallel}", "report=false"]
    return [*SWEEP, f"parallel={parallel}", f"hydra.sweep.dir={sweep.name}"]


@pytest.mark.parametrize("parallel", ["serial", "loky"])
def test_a_parent_that_is_killed_again_and_again_loses_nothing(
    parallel: str, begin: Begin, undisturbed: bytes, tmp_path: Path
) -> None:
    seed = random.SystemRandom().randrange(10**6)
    print(f"random.Random({seed})")  # pytest shows it where the test fails
    chance = random.Random(seed)
    kills, sweeps, longest = 0, 1, 5.0
    for _ in range(MOST_STARTS):
        sweep = tmp_path / f"sweep{sweeps}"
        kept = {path.name for path in (sweep / "parts").glob("*.parquet")}
        started = time.monotonic()
        running = begin(*arguments_for(sweep, parallel))
        delay = chance.uniform(0.0, longest)
        while running.process.poll() is None and time.monotonic() - started < delay:
            time.sleep(0.002)
        if running.process.poll() is None and kills < KILLS:
            os.kill(running.process.pid, signal.SIGKILL)
            running.end()
            kills += 1
            running.assert_no_orphans()
            assert kept <= {path.name for path in (sweep / "parts").glob("*.parquet")}
            continue
        code, out, err = running.end()
        longest = max(longest, time.monotonic() - started)
        assert code == 0, err
        assert "damaged" not in out
        assert (sweep / "results.csv").read_bytes() == undisturbed
        assert not list(sweep.rglob(".*.tmp"))
        sweeps += 1
        if kills == KILLS:
            break
    print(f"{kills} kills, {sweeps - 1} sweeps that came to their end")
    assert kills == KILLS


def test_a_parent_that_is_killed_while_it_makes_the_report(begin: Begin, tmp_path: Path) -> None:
    sweep = tmp_path / "sweep"
    small = ["lr=0.5", "hidden=2,3", "epochs=50", "seed=range(0,2000)", "parallel=serial"]
    code, _, err = begin(*small, "report=false", "hydra.sweep.dir=undisturbed").end()
    assert code == 0, err
    stages = (".results.csv.*.tmp", "results.csv", "summary.csv", "figures/unsolved.png")
    for stage in stages:
        begun = (sweep / "manifest.json").exists()
        running = begin(*(["resume=sweep"] if begun else [*small, "hydra.sweep.dir=sweep"]))
        for later in stages[stages.index(stage) :]:
            for path in sweep.glob(later):
                path.unlink(missing_ok=True)
        running.wait_until(lambda stage=stage: any(sweep.glob(stage)))
        os.kill(running.process.pid, signal.SIGKILL)
        running.end()
    code, _, err = begin("resume=sweep").end()
    assert code == 0, err
    found, wanted = (
        (tmp_path / name / "results.csv").read_bytes() for name in ("sweep", "undisturbed")
    )
    assert found == wanted
    assert (sweep / "report.html").is_file()
    assert not list(sweep.rglob(".*.tmp"))


def test_a_worker_that_is_killed_in_a_sweep_costs_nothing(
    begin: Begin, undisturbed: bytes, tmp_path: Path
) -> None:
    sweep = tmp_path / "sweep"
    running = begin(*SWEEP, "parallel.n_jobs=2", "hydra.sweep.dir=sweep")
    running.wait_until(lambda: parts_in(sweep) > 1)
    os.kill(running.workers()[0], signal.SIGKILL)
    code, out, err = running.end()
    assert code == 0, err
    assert ", 0 failed\n" in out
    assert (sweep / "results.csv").read_bytes() == undisturbed
    assert not running.family()


def test_a_kill_while_an_extended_grid_is_started_leaves_the_old_one_or_the_new(
    begin: Begin, tmp_path: Path
) -> None:
    small = ["lr=0.5", "hidden=2,3", "epochs=50", "report=false", "parallel=serial"]
    code, _, err = begin(*small, "seed=range(0,9)", "hydra.sweep.dir=sweep").end()
    assert code == 0, err
    old = (tmp_path / "sweep/results.csv").read_bytes()
    running = begin("resume=sweep", "seed=range(0,30)", "report=false")
    manifest = tmp_path / "sweep/manifest.json"
    before = manifest.stat().st_mtime_ns
    running.wait_until(lambda: manifest.stat().st_mtime_ns != before)
    os.kill(running.process.pid, signal.SIGKILL)
    running.end()
    assert (tmp_path / "sweep/results.csv").read_bytes() == old
    code, out, err = begin("resume=sweep", "report=false").end()
    assert code == 0, err
    assert "60 results, none diverged or failed\n" in out
    code, _, err = begin(*small, "seed=range(0,30)", "hydra.sweep.dir=at_once").end()
    assert code == 0, err
    extended, at_once = (
        (tmp_path / name / "results.csv").read_bytes() for name in ("sweep", "at_once")
    )
    assert extended == at_once
