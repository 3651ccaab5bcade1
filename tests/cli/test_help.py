"""The help: the same as Hydra's, and complete."""

import re
from pathlib import Path

import pytest
from command_line import run

from xorsweep.cli.commands import COMMANDS
from xorsweep.cli.defaults import config_folder
from xorsweep.cli.help import help_text, wrapped_help


@pytest.mark.parametrize("arguments", [["--help"], ["-h"], ["-m", "--help"]])
def test_it_is_that_which_hydra_composes(arguments: list[str], tmp_path: Path) -> None:
    done = run(tmp_path, *arguments)
    assert (done.returncode, done.stderr) == (0, "")
    composed = run(tmp_path, *arguments, "lr=0.1")  # with an override it is Hydra's
    assert done.stdout == composed.stdout
    assert not [*tmp_path.iterdir()]


def test_overrides_are_in_it(tmp_path: Path) -> None:
    done = run(tmp_path, "--help", "lr=0.7", "optimizer=momentum")
    assert "\nlr: 0.7\n" in done.stdout
    assert "\n  momentum: 0.9\n" in done.stdout


def test_it_has_a_line_for_each_choice(tmp_path: Path) -> None:
    lines = run(tmp_path, "--help").stdout.splitlines()
    described = {line.split()[0] for line in lines if re.match(r"  \w+  +\S", line)}
    files = [*Path(config_folder()).glob("*/*.yaml")]
    assert {path.parent.name for path in files} <= set(lines)
    choices = {path.stem for path in files}
    assert choices | set(COMMANDS) <= described


@pytest.mark.parametrize("width", [50, 60, 80])
def test_on_a_terminal_no_word_of_it_is_cut(width: int) -> None:
    whole = help_text()
    lines = wrapped_help(whole, width).splitlines()
    assert " ".join(lines).split() == whole.split()
    longer = [line for line in lines if len(line) > width]
    assert all("python -m" in line or " " not in line.strip() for line in longer)


def test_its_last_column_stays_a_column() -> None:
    wrapped = wrapped_help(help_text(), 60)
    assert "  sgd                   gradient descent\n" in wrapped
    assert "descent with momentum\n" + " " * 24 + "(heavy ball)\n" in wrapped
