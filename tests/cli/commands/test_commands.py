"""Subcommands: each is the first word, is in the help, and has its own."""

import shlex
from pathlib import Path

import pytest
import yaml

from xorsweep.cli.commands import COMMANDS, load_command
from xorsweep.cli.defaults import config_folder
from xorsweep.cli.main import main
from xorsweep.hints import bare_hint


@pytest.mark.parametrize("name", COMMANDS)
def test_each_has_help_with_examples_that_can_be_read(
    name: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    with pytest.raises(SystemExit) as ended:
        main([name, "--help"])
    assert not ended.value.code
    text = capsys.readouterr().out
    assert text.startswith(f"usage: xorsweep {name} ")
    assert not [line for line in text.splitlines() if len(line) > 80]
    assert COMMANDS[name][1:] in " ".join(text.split())
    command, parser = load_command(name)
    lines = [line.partition("  #")[0] for line in command.EXAMPLES.splitlines() if "python" in line]
    assert lines
    for line in lines:
        typed = shlex.split(line.split("   ")[0])
        assert typed[:4] == ["python", "-m", "xorsweep", name]
        parser.parse_args(typed[4:])


def test_the_help_lists_them() -> None:
    config = yaml.safe_load((Path(config_folder()) / "config.yaml").read_text())
    lines = [line.split(maxsplit=1) for line in config["hydra"]["help"]["template"].splitlines()]
    listed = {line[0]: line[1] for line in lines if len(line) == 2 and line[0] in COMMANDS}
    assert listed == COMMANDS


@pytest.mark.parametrize("name", COMMANDS)
def test_a_subcommand_that_is_not_the_first_word_gets_its_place(name: str) -> None:
    assert bare_hint(name) == f"a subcommand is the first word: python -m xorsweep {name}"


REQUIRED = {
    "check": "GROUP=NAME",
    "compare": "A, B",
    "experiment": "NAME",
    "function": "MODULE:FUNCTION",
    "merge": "OUT, A, B",
    "replay": "FOLDER, ROW",
    "report": "FOLDER",
    "verify": "FOLDER",
    "zoom": "FOLDER, --into",
}


@pytest.mark.parametrize("name", sorted(COMMANDS.keys() - {"status"}))  # its folder is optional
def test_missing_arguments_are_named(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([name])
    assert ended.value.code == 2
    error = f"the following arguments are required: {REQUIRED[name]}; see --help"
    assert capsys.readouterr().err == f"xorsweep {name}: {error}\n"


@pytest.mark.parametrize(
    ("arguments", "code", "line"),
    [
        (["check", "sgd"], 2, "xorsweep check: argument GROUP=NAME: sgd: must be KEY=VALUE"),
        (["check", "optimizer=none"], "optimizer=none: no such component", ""),
        (["report", "nowhere"], "nowhere holds no sweep: it has no manifest.json", ""),
    ],
)
def test_an_error_is_one_line(
    arguments: list[str], code: int | str, line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == code
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err == (f"{line}; see --help\n" if line else "")
