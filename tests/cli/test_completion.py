"""Completion of the installed script, in a real bash with the function that it installs."""

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from xorsweep.cli.commands import COMMANDS
from xorsweep.cli.completion import complete_command

SCRIPT = """#!{python}
import sys
from xorsweep.cli.main import main

sys.exit(main())
"""
COMPLETE = """
set -e
eval "$(xorsweep -sc install=bash)"
complete -p xorsweep | grep -q hydra_bash_completion
COMP_LINE={line}
COMP_POINT=${{#COMP_LINE}}
COMP_WORDS=($COMP_LINE)
COMP_CWORD=$(( ${{#COMP_WORDS[@]}} - 1 ))
[[ $COMP_LINE != *" " ]] || COMP_CWORD=${{#COMP_WORDS[@]}}
hydra_bash_completion
printf '%s\\n' "${{COMPREPLY[@]}}"
"""


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the script that an installation makes of the entry point."""
    folder = tmp_path_factory.mktemp("bin")
    (folder / "xorsweep").write_text(SCRIPT.format(python=sys.executable))
    (folder / "xorsweep").chmod(0o755)
    return folder


def completed(line: str, path: Path, folder: Path) -> list[str]:
    done = subprocess.run(
        ["bash", "--norc", "--noprofile", "-c", COMPLETE.format(line=shlex.quote(line))],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"PATH": f"{path}{os.pathsep}{os.environ['PATH']}"},
    )
    assert not done.stderr
    assert not list(folder.iterdir())
    return done.stdout.split()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("xorsweep optim", ["optimizer.", "optimizer="]),
        ("xorsweep optimizer=a", ["optimizer=adam"]),
        ("xorsweep -m lr=1,2 study=hin", ["study=hinton_problems"]),
        ("xorsweep optimizer=rprop optimizer.l", ["optimizer.largest="]),
        ("xorsweep -m grid.", ["grid.axes.", "grid.blocks=", "grid.where=", "grid.zip="]),
        ("xorsweep -m pla", ["plan="]),
        ("xorsweep ver", ["verify"]),
        ("xorsweep verify --sa", ["--sample"]),
        ("xorsweep verify ", ["latest"]),
        ("xorsweep re", ["replay", "report", "report=", "resume="]),
        ("xorsweep 'grid.where=lr < 1 opt", []),
        ("xorsweep hiden=3 lr=(", []),
    ],
)
def test_a_line_is_completed_in_bash(
    line: str, words: list[str], path: Path, tmp_path: Path
) -> None:
    assert completed(line, path, tmp_path) == words


@pytest.mark.parametrize(
    ("line", "words", "has_overrides"),
    [
        ("xorsweep ", list(COMMANDS), True),
        ("xorsweep c", ["compare", "check"], True),
        ("xorsweep lr=1 ver", [], True),
        ("xorsweep merge ou", ["outputs/"], False),
        ("xorsweep verify ", ["latest", "outputs/", "sweeps/"], False),
        ("xorsweep replay outputs/a --", ["--help", "--function", "--experiment", "--into"], False),
    ],
)
def test_subcommands_their_options_and_folders_are_words(
    line: str,
    words: list[str],
    has_overrides: bool,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("outputs", "sweeps"):
        (tmp_path / name).mkdir()
    monkeypatch.chdir(tmp_path)
    assert complete_command(line) == (words, has_overrides)


def test_arguments_of_a_function_and_keys_of_an_experiment_are_words() -> None:
    line = "xorsweep function functions_to_sweep:train"
    words, has_overrides = complete_command(f"{line} ")
    assert words[:3] == ["lr=", "width=", "seed="]
    assert {"plan=", "resume=", "precision=", "grid.where="} <= {*words}
    assert not has_overrides
    assert not {"hidden=", "task="} & {*words}
    assert complete_command(f"{line} lr=1 w")[0] == ["width="]
    assert complete_command("xorsweep experiment experiments_to_sweep:Tosses p")[0][0] == "p="
    assert "plan=" in complete_command("xorsweep function nowhere:f ")[0]
