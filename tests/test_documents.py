"""README, CONTRIBUTING and docs: their links lead somewhere and their commands work."""

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parent.parent
DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
TEXTS = {path.relative_to(ROOT).as_posix(): path.read_text() for path in DOCUMENTS}


def commands_of(text: str) -> list[str]:
    blocks = re.findall(r"```sh\n(.*?)```", text, re.DOTALL)
    return [line for block in blocks for line in block.splitlines() if line]


def run_python(code: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run code whose sweeps without a folder live in a cache of its own."""
    command = [sys.executable, "-W", "error", "-c", code]
    env = os.environ | {"XDG_CACHE_HOME": str(folder / "cache")}
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, env=env)


def run(command: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("name", TEXTS)
def test_links_lead_to_files_of_the_project(name: str) -> None:
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)", TEXTS[name])
    missing = [link for link in links if not (ROOT / name).parent.joinpath(link).exists()]
    assert not missing


@pytest.mark.parametrize("name", TEXTS)
def test_files_named_in_tables_exist(name: str) -> None:
    named = re.findall(r"`((?:[\w/]+/)?\w+\.py)`", TEXTS[name])
    folders = (ROOT, ROOT / "xorsweep")
    missing = [path for path in named if not any((each / path).is_file() for each in folders)]
    assert not missing


def test_contributing_names_every_package() -> None:
    packages = [path.parent.name for path in (ROOT / "xorsweep").glob("*/__init__.py")]
    assert packages
    assert not [name for name in packages if f"| `{name}/` |" not in TEXTS["CONTRIBUTING.md"]]


def prose_of(path: Path) -> str:
    """Return a file's text; of a notebook the source of its cells, without their output."""
    if path.suffix != ".ipynb":
        return path.read_text(encoding="utf-8")
    return "\n".join("".join(cell["source"]) for cell in json.loads(path.read_bytes())["cells"])


def test_no_text_calls_a_run_stuck() -> None:
    """Most runs that are at one half after 1,000 epochs solve XOR by 10,000.

    Only the curvature tells that one is trapped.
    """
    texts = [*DOCUMENTS, *(ROOT / "docs").glob("*.ipynb"), *(ROOT / "conf").rglob("*.yaml")]
    for pattern in ("*.py", "*.j2", "*.css", "*.js"):
        texts += (ROOT / "xorsweep").rglob(pattern)
    claims = re.compile(r"\bstuck\b|\A(?!.*curvature).*\btrapped\b", re.IGNORECASE | re.DOTALL)
    assert not [path for path in texts if claims.search(prose_of(path))]


COINED = (
    r"isn't given comes|hangs on|goes on with|became of|one row a (?=point|cell|training)|"
    r"how to do it again|runs that stand for|best cell\b|what was run\b|what failed\b|"
    r"published figures?\b"
)
"""Expressions of earlier versions that had no plain meaning."""


def test_prose_has_the_words_of_the_glossary() -> None:
    texts = [*DOCUMENTS, *(ROOT / "docs").glob("*.ipynb"), *(ROOT / "conf").rglob("*.yaml")]
    texts += (ROOT / "xorsweep").rglob("*.j2")
    found = re.compile(COINED, re.IGNORECASE)
    assert not [
        (path, found.search(prose_of(path))) for path in texts if found.search(prose_of(path))
    ]


TARGETS = sorted(
    {
        command.split()[1]
        for text in TEXTS.values()
        for command in commands_of(text)
        if command.startswith("make ")
    }
)


@pytest.mark.parametrize("target", TARGETS)
def test_make_knows_its_targets(target: str) -> None:
    done = run(["make", "--dry-run", target], ROOT)
    assert done.returncode == 0, done.stderr


def test_hooks_before_a_commit_check_the_same_as_make_lint() -> None:
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"][0]["hooks"]
    done = run(["make", "--dry-run", "lint"], ROOT)
    checks = [line.replace(" --check", "") for line in done.stdout.splitlines() if "ruff" in line]
    mine = [hook["entry"].replace(" --fix", "") for hook in hooks]
    assert mine == [*checks, ".venv/bin/mypy"]


@pytest.mark.slow
def test_the_commands_of_the_readme_work_in_their_order(tmp_path: Path) -> None:
    commands = [c for c in commands_of(TEXTS["README.md"]) if c.startswith("python -m xorsweep")]
    assert len(commands) == 9
    for command in commands:
        arguments = shlex.split(command)[3:]
        if arguments == ["-m"]:
            continue  # the default grid: `make sweep` and the benchmarks run it
        done = run([sys.executable, "-m", "xorsweep", *arguments], tmp_path)
        assert done.returncode == 0, f"{command}\n{done.stderr}"
    assert (tmp_path / "outputs/latest/report.html").is_file()


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", ["docs/figures.md", "docs/grids.md", "docs/terminal.md", "docs/why.md"]
)
def test_the_commands_of_other_pages_work_in_their_order(name: str, tmp_path: Path) -> None:
    commands = commands_of(TEXTS[name])
    assert commands
    for command in commands:
        done = run(
            [sys.executable, *shlex.split(command)[1:], *without_a_report(command)], tmp_path
        )
        assert done.returncode == 0, f"{command}\n{done.stderr}"


def without_a_report(command: str) -> list[str]:
    return ["report=false"] if " -m xorsweep -m " in command else []


@pytest.mark.slow
def test_the_file_that_is_shown_is_a_grid(tmp_path: Path) -> None:
    (yaml,) = re.findall(r"```yaml\n(.*?)```", TEXTS["docs/grids.md"], re.DOTALL)
    (tmp_path / "study").mkdir()
    (tmp_path / "study/mine.yaml").write_text(yaml)
    arguments = ["-m", f"--config-dir={tmp_path}", "study=mine", "plan=true"]
    done = run([sys.executable, "-m", "xorsweep", *arguments], tmp_path)
    assert done.returncode == 0, done.stderr
    assert "where (lr*hidden <= 8)" in done.stdout


@pytest.mark.slow
def test_the_study_that_is_shown_has_its_verdicts(tmp_path: Path) -> None:
    (study,) = re.findall(r"```yaml\n(.*?)```", TEXTS["docs/studies.md"], re.DOTALL)
    (tmp_path / "conf/study").mkdir(parents=True)
    (tmp_path / "conf/study/mine.yaml").write_text(study)
    arguments = ["-m", "--config-dir=conf", "study=mine", "report=false"]
    done = run([sys.executable, "-m", "xorsweep", *arguments], tmp_path)
    assert done.returncode == 0, done.stderr
    assert "3 values of the source: all agree." in done.stdout


@pytest.mark.slow
def test_errors_are_printed_with_their_own_text(tmp_path: Path) -> None:
    told = re.findall(r"^\| `(\S+=\S+)` \| (.+) \|$", TEXTS["docs/terminal.md"], re.MULTILINE)
    assert len(told) > 5
    for typed, said in told:
        done = run([sys.executable, "-m", "xorsweep", typed], tmp_path)
        assert done.stderr == f"{said}\n"
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
def test_the_commands_that_look_at_a_sweep_again_work_in_their_order(tmp_path: Path) -> None:
    for command in commands_of(TEXTS["docs/tools.md"]):
        done = run([sys.executable, *shlex.split(command)[1:]], tmp_path)
        assert done.returncode == 0, f"{command}\n{done.stderr}"
    assert (tmp_path / "outputs/both/replay/17/run.html").is_file()


def test_the_python_of_the_readme_works(
    small_sweep: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "outputs").mkdir()
    (tmp_path / "outputs/latest").symlink_to(small_sweep)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    codes = re.findall(r"```python\n(.*?)```", TEXTS["README.md"], re.DOTALL)
    assert codes
    for code in codes:
        exec(code, {"__name__": "__main__"})


def test_inline_commands_are_modules_that_exist() -> None:
    modules = {m for t in TEXTS.values() for m in re.findall(r"python -m (benchmarks\.\w+)", t)}
    assert modules
    assert all((ROOT / f"{module.replace('.', os.sep)}.py").is_file() for module in modules)


@pytest.mark.parametrize("name", TEXTS)
def test_first_words_are_subcommands(name: str) -> None:
    from xorsweep.cli.commands import COMMANDS

    assert "python -m xorsweep." not in TEXTS[name]
    words = re.findall(r"python -m xorsweep ([a-z_]+)(?![\w=./])", TEXTS[name])
    assert {*words} <= {*COMMANDS}


def test_every_choice_is_in_the_settings() -> None:
    from xorsweep.networks.schema import COMPONENTS

    missing = [
        f"{group}={name}"
        for group, choices in COMPONENTS.items()
        for name in choices
        if f"`{name}`" not in TEXTS["docs/settings.md"]
    ]
    assert not missing


def test_every_choice_and_every_key_is_explained() -> None:
    from xorsweep.fields import fields_of
    from xorsweep.networks.schema import COMPONENTS, SCALAR_KEYS

    text = TEXTS["docs/training.md"]
    names = {name for choices in COMPONENTS.values() for name in choices}
    names |= {
        key
        for choices in COMPONENTS.values()
        for each in choices.values()
        for key in fields_of(each)
    }
    names |= {*SCALAR_KEYS, *COMPONENTS} - {"epochs", "seed", "lr"}
    assert not [name for name in sorted(names) if not re.search(rf"`{name}[`=]", text)]


def test_the_documented_defaults_are_the_defaults() -> None:
    from xorsweep.fields import fields_of
    from xorsweep.networks.schema import COMPONENTS

    rows = re.findall(r"^\| (`.*?)\|.*\| (.*) \|$", TEXTS["docs/training.md"], re.MULTILINE)
    told = {
        (choice, key): value
        for first, last in rows
        for choice in re.findall(r"`(\w+)`", first)
        for key, value in re.findall(r"`(\w+)` ([-\d.e]+)", last)
    }
    wrong = {
        f"{choice}.{key}": default
        for choices in COMPONENTS.values()
        for choice, each in choices.items()
        for key in fields_of(each)
        if isinstance(default := getattr(each(), key), float)
        and float(told.get((choice, key), "nan")) != default
    }
    assert not wrong


@pytest.mark.slow
def test_the_python_of_the_page_of_figures_works_in_its_order(tmp_path: Path) -> None:
    code = "\n".join(re.findall(r"```python\n(.*?)```", TEXTS["docs/figures.md"], re.DOTALL))
    done = run_python(code, tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert "rate_high" in done.stdout
    assert (tmp_path / "outputs/figures/figures/unsolved.pdf").is_file()


@pytest.mark.slow
def test_the_python_of_the_python_page_works_in_its_order(tmp_path: Path) -> None:
    code = "\n".join(re.findall(r"```python\n(.*?)```", TEXTS["docs/python.md"], re.DOTALL))
    done = run_python(code, tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / "outputs/mine/report.html").is_file()


def test_the_python_page_names_all_that_there_is() -> None:
    import xorsweep as xs
    from xorsweep.sweeps.plots import SweepPlots

    text = TEXTS["docs/python.md"]
    methods = {f"plot.{name}()" for name in public(SweepPlots)}
    methods |= {name for shown in (xs.Run, xs.Sweep) for name in public(shown)}
    named = set(re.findall(r"`([\w.]+(?:\(\))?)(?:\(\*?\w+\))?`", text))
    missing = methods - named - {name.removesuffix("()") for name in named}
    internal = {"open", "plot", "point", "single", "experiment"}
    assert missing <= internal


def public(shown: type) -> set[str]:
    return {name for name in vars(shown) if not name.startswith("_")}
