"""The example package, installed for real, and every command of docs/extending.md with it."""

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

ROOT = Path(__file__).parent.parent
EXAMPLE = ROOT / "examples" / "xorsweep_example"
TEXT = (ROOT / "docs" / "extending.md").read_text()

pytestmark = pytest.mark.slow

SWEEP = "task=majority init=fan_in criterion=percentage optimizer=rmsprop optimizer.decay=0.8,0.9"
SMALL = ["lr=0.01,0.1", "hidden=2", "epochs=300", "seed=range(0,20)", "report=false"]
LARGE = ["lr=0.01,0.1", "hidden=2,3", "epochs=10000", "seed=range(0,20)", "report=false"]
"""The rest of a sweep of one batch, and of one whose batches are worth two processes."""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder that the example was installed into."""
    folder = tmp_path_factory.mktemp("site")
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-index", "--no-deps"]
    pip += ["--no-build-isolation", "--disable-pip-version-check", "--target", str(folder)]
    subprocess.run([*pip, str(EXAMPLE)], check=True)
    return folder


def run(
    folder: Path, *arguments: str, site: Path | None = None
) -> subprocess.CompletedProcess[str]:
    paths = [*([str(site)] if site else []), *filter(None, [os.environ.get("PYTHONPATH")])]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def swept(site: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a sweep, `sweep`, of the example's components."""
    folder = tmp_path_factory.mktemp("swept")
    arguments = ["-m", "xorsweep", "-m", *SWEEP.split(), *SMALL, "hydra.sweep.dir=sweep"]
    done = run(folder, *arguments, site=site)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="module")
def swept_alone(site: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a large sweep, `sweep`, that one process has trained."""
    folder = tmp_path_factory.mktemp("swept_alone")
    alone = ["parallel=serial", "hydra.sweep.dir=sweep"]
    done = run(folder, "-m", "xorsweep", "-m", *SWEEP.split(), *LARGE, *alone, site=site)
    assert done.returncode == 0, done.stderr
    return folder


def workers_of(folder: Path) -> int:
    """Return how many processes have trained a sweep."""
    return int(json.loads((folder / "manifest.json").read_text())["workers"])


def test_its_own_tests_pass(site: Path, tmp_path: Path) -> None:
    done = run(tmp_path, "-m", "pytest", "-q", "-W", "error", str(EXAMPLE / "tests"), site=site)
    assert done.returncode == 0, done.stdout


def test_the_commands_that_are_shown_work_in_their_order(site: Path, tmp_path: Path) -> None:
    blocks = re.findall(r"```sh\n(.*?)```", TEXT, re.DOTALL)
    commands = [line for block in blocks for line in block.splitlines()]
    install, *others = commands
    assert install == "python -m pip install ./examples/xorsweep_example"
    (study,) = re.findall(r"```yaml\n# (conf/\S+)\n(.*?)```", TEXT, re.DOTALL)
    (tmp_path / study[0]).parent.mkdir(parents=True)
    (tmp_path / study[0]).write_text(study[1])
    ((module, experiment),) = re.findall(r"```python\n# (\w+\.py)\n(.*?)```", TEXT, re.DOTALL)
    (tmp_path / module).write_text(experiment)
    for command in others:
        done = run(tmp_path, *shlex.split(command)[1:], site=site)
        assert done.returncode == 0, f"{command}\n{done.stderr}"
    summaries = [pd.read_csv(path) for path in sorted(tmp_path.glob("outputs/*/*/summary.csv"))]
    found = {tuple(each["runs"].unique()) for each in summaries if "chaotic_rate" in each}
    assert found == {(25,), (20,)}


def test_the_code_that_is_shown_works(site: Path, tmp_path: Path) -> None:
    blocks = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
    assert len(blocks) == 5
    for code in blocks:
        done = run(tmp_path, "-W", "error", "-c", code, site=site)
        assert done.returncode == 0, done.stderr


def test_the_entry_point_that_is_shown_is_that_of_the_example() -> None:
    (block,) = re.findall(r"```toml\n(.*?)```", TEXT, re.DOTALL)
    assert block in (EXAMPLE / "pyproject.toml").read_text()


def test_rows_and_manifest_name_the_choices(swept: Path) -> None:
    frame = pd.read_csv(swept / "sweep/results.csv")
    assert len(frame) == 80
    assert set(frame["status"]) == {"ok"}
    assert set(frame["optimizer.decay"]) == {0.8, 0.9}
    assert {"output_000", "output_111"} <= set(frame)
    assert 0.2 < frame["converged"].mean() < 1
    assert json.loads((swept / "sweep/manifest.json").read_text())["choices"] == {
        "task=majority": "package xorsweep-example 1.0",
        "optimizer=rmsprop": "package xorsweep-example 1.0",
        "init=fan_in": "package xorsweep-example 1.0",
        "criterion=percentage": "package xorsweep-example 1.0",
    }


@pytest.mark.parametrize(
    "how",
    [
        ["parallel=loky", "parallel.n_jobs=2"],
        ["hydra/launcher=joblib", "parallel.shards=2"],
        ["parallel=dask", "parallel.n_jobs=2"],
    ],
    ids=["loky", "shards", "dask"],
)
def test_workers_find_it_too(site: Path, swept_alone: Path, tmp_path: Path, how: list[str]) -> None:
    arguments = ["-m", "xorsweep", "-m", *SWEEP.split(), *LARGE, *how, "hydra.sweep.dir=sweep"]
    done = run(tmp_path, *arguments, site=site)
    assert done.returncode == 0, done.stderr
    assert workers_of(tmp_path / "sweep") == 2
    rows = (tmp_path / "sweep/results.csv").read_bytes()
    assert rows == (swept_alone / "sweep/results.csv").read_bytes()


@pytest.mark.parametrize(
    "arguments",
    [
        ["xorsweep", "-m", "resume=sweep"],
        ["xorsweep", "verify", "sweep"],
        ["xorsweep", "replay", "sweep", "0"],
        ["xorsweep", "merge", "both", "sweep", "sweep"],
    ],
    ids=["resume", "verify", "replay", "merge"],
)
def test_without_the_package_one_line_names_it(swept: Path, arguments: list[str]) -> None:
    done = run(swept, "-m", *arguments)
    assert done.returncode == 1
    assert done.stderr == (
        "sweep/manifest.json can't be used: task=majority: is of xorsweep-example 1.0, and that "
        "package isn't installed here\n"
    )


def test_another_version_refuses_to_resume_it(swept: Path, site: Path, tmp_path: Path) -> None:
    other = tmp_path / "xorsweep_example-1.1.dist-info"
    other.mkdir()
    (info,) = site.glob("*.dist-info")
    (other / "METADATA").write_text("Metadata-Version: 2.1\nName: xorsweep-example\nVersion: 1.1\n")
    (other / "entry_points.txt").write_text((info / "entry_points.txt").read_text())
    (tmp_path / "xorsweep_example").symlink_to(site / "xorsweep_example")
    done = run(swept, "-m", "xorsweep", "-m", "resume=sweep", site=tmp_path)
    assert done.returncode == 1
    assert done.stderr == (
        "task=majority: is of xorsweep-example 1.0 there, and of xorsweep-example 1.1 here; a "
        "sweep never mixes them: install the one that started sweep, or start another sweep\n"
    )
    verified = run(swept, "-m", "xorsweep", "verify", "sweep", site=tmp_path)
    assert verified.returncode == 0, verified.stderr


def test_it_is_listed_and_not_imported_where_it_isnt_used(site: Path, tmp_path: Path) -> None:
    assert "optimizer: adam, delta_bar_delta, momentum, nesterov, quickprop, rmsprop, rprop" in (
        run(tmp_path, "-m", "xorsweep", "--help", site=site).stdout
    )
    broken = tmp_path / "xorsweep_example.py"
    broken.write_text("raise RuntimeError('imported')")
    done = run(tmp_path, "-m", "xorsweep", "epochs=10", site=site)
    assert done.returncode == 0, done.stderr
    told = run(tmp_path, "-m", "xorsweep", "epochs=10", "optimizer=rmsprop", site=site)
    assert told.returncode == 1
    assert told.stderr == (
        "optimizer=rmsprop: xorsweep-example 1.0 is broken, "
        "xorsweep_example.components:Rmsprop can't be imported (RuntimeError: imported)\n"
    )


def test_a_built_in_name_stays_built_in_and_the_sweep_notes_it(tmp_path: Path) -> None:
    info = tmp_path / "taking-3.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: taking\nVersion: 3.0\n")
    (info / "entry_points.txt").write_text("[xorsweep.optimizers]\nsgd = nowhere:Sgd\n")
    arguments = [
        "-m",
        "xorsweep",
        "-m",
        "lr=1",
        "hidden=2",
        "epochs=10",
        "seed=1,2",
        "report=false",
    ]
    done = run(tmp_path, *arguments, site=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[0] == (
        "optimizer=sgd: xorsweep's own; that of taking 3.0 has the same name and is excluded"
    )


def test_the_compiled_engine_trains_its_tasks_and_inits(site: Path, tmp_path: Path) -> None:
    pytest.importorskip("numba")
    frames = []
    for engine in ("numpy", "numba"):
        arguments = ["task=majority", "init=fan_in", f"engine={engine}", "lr=1", *SMALL[1:]]
        done = run(
            tmp_path, "-m", "xorsweep", "-m", *arguments, f"hydra.sweep.dir={engine}", site=site
        )
        assert done.returncode == 0, done.stderr
        assert "isn't compiled" not in done.stdout
        frames.append(pd.read_csv(tmp_path / engine / "results.csv"))
    errors = [frame["final_error"].to_numpy() for frame in frames]
    assert errors[0] == pytest.approx(errors[1], rel=1e-6)


def test_other_programs_of_hydra_dont_see_it(site: Path, tmp_path: Path) -> None:
    (tmp_path / "conf/optimizer").mkdir(parents=True)
    (tmp_path / "conf/optimizer/own.yaml").write_text("a: 1\n")
    (tmp_path / "conf/config.yaml").write_text("defaults: [optimizer: own, _self_]\n")
    (tmp_path / "other.py").write_text(
        "import hydra, sys\n"
        "base = {'version_base': '1.3'} if hydra.__version__ < '1.4' else {}\n"
        "@hydra.main(**base, config_path='conf', config_name='config')\n"
        "def main(config): print(config, 'numpy' in sys.modules)\n"
        "main()\n"
    )
    done = run(tmp_path, "other.py", site=site)
    assert done.stdout == "{'optimizer': {'a': 1}} False\n", done.stderr
    assert run(tmp_path, "other.py", "optimizer=rmsprop", site=site).returncode == 1


def test_a_script_may_register_a_class_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "script.py").write_text(
        "from xorsweep.cli.main import main\n"
        "from xorsweep.networks.plugins import register\n"
        "from xorsweep.networks.optimizers import Momentum\n"
        "class Heavier(Momentum): 'Momentum under another name.'\n"
        "if __name__ == '__main__':\n"
        "    register('optimizer', 'heavier', Heavier)\n"
        "    main()\n"
    )
    grid = ["optimizer.momentum=0.5,0.8", "lr=0.5", "hidden=2,3", *LARGE[2:]]
    for name, how in (
        ("loky", ["parallel=loky", "parallel.n_jobs=2"]),
        ("dask", ["parallel=dask", "parallel.n_jobs=2"]),
        ("shards", ["hydra/launcher=joblib", "parallel.shards=2"]),
    ):
        arguments = ["-m", "optimizer=heavier", *grid, *how, f"hydra.sweep.dir={name}"]
        done = run(tmp_path, "script.py", *arguments)
        assert done.returncode == 0, done.stderr
        assert workers_of(tmp_path / name) == 2
    plain = ["-m", "optimizer=momentum", *grid, "parallel=serial", "hydra.sweep.dir=plain"]
    assert run(tmp_path, "-m", "xorsweep", *plain).returncode == 0
    wanted = (tmp_path / "plain/results.csv").read_text().replace(",momentum,", ",heavier,")
    for name in ("loky", "dask", "shards"):
        assert (tmp_path / name / "results.csv").read_text() == wanted


WALKS = ["drift=0,0.2,0.4", "steps=range(2000,3000,100)", "seed=range(0,200)", "report=false"]


@pytest.fixture(scope="module")
def walks(site: Path, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Return the rows of an experiment that one process has run without a break."""
    folder = tmp_path_factory.mktemp("walks")
    given = ["experiment", "random_walk", *WALKS, "parallel=serial", "hydra.sweep.dir=s"]
    done = run(folder, "-m", "xorsweep", *given, site=site)
    assert done.returncode == 0, done.stderr
    return (folder / "s/results.csv").read_bytes()


@pytest.mark.parametrize(
    "how",
    [
        ["parallel=loky", "parallel.n_jobs=2"],
        ["parallel=dask", "parallel.n_jobs=2"],
        ["hydra/launcher=joblib", "parallel.shards=3"],
    ],
    ids=["loky", "dask", "shards"],
)
def test_an_experiment_gives_the_same_rows_wherever_it_runs(
    how: list[str], walks: bytes, site: Path, tmp_path: Path
) -> None:
    given = ["experiment", "random_walk", *WALKS, *how, "hydra.sweep.dir=s"]
    done = run(tmp_path, "-m", "xorsweep", *given, site=site)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "s/results.csv").read_bytes() == walks
