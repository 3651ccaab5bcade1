"""Arguments with dashes: Hydra's flags pass, keys are told to have none."""

import pytest
from hydra._internal.utils import get_args_parser

from xorsweep.cli.flags import check_flags
from xorsweep.cli.hydra_config import known_keys
from xorsweep.cli.keys import WORDS
from xorsweep.errors import ConfigError

KNOWN = known_keys()
FLAGS = [flag for action in get_args_parser()._actions for flag in action.option_strings]


@pytest.mark.parametrize("flag", FLAGS)
def test_every_flag_of_hydra_passes(flag: str) -> None:
    check_flags(["lr=0.1", flag, "-m"], KNOWN, WORDS)
    check_flags([f"{flag}=job", "seed=3"], KNOWN, WORDS)


@pytest.mark.parametrize("flag", ["--multi", "--config-d=conf", "--he", "-1", "-", "--"])
def test_abbreviated_and_unknown_flags_are_left_to_hydra(flag: str) -> None:
    check_flags([flag], KNOWN, WORDS)


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["--lr", "0.1"], "--lr: keys have no dashes; write lr=0.1"),
        (["-m", "--lr=0.1,1"], "--lr: keys have no dashes; write lr=0.1,1"),
        (["-lr", "0.1"], "-lr: keys have no dashes; write lr=0.1"),
        (["-hidden", "4"], "-hidden: keys have no dashes; write hidden=4"),
        (["--learning-rate", "0.1"], "--learning-rate: keys have no dashes; write lr=0.1"),
        (["--max-iter", "9"], "--max-iter: keys have no dashes; write epochs=9"),
        (["--resume", "latest"], "--resume: keys have no dashes; write resume=latest"),
        (["--seed", "lr=1"], "--seed: keys have no dashes; write seed=..."),
        (["--seed", "-m"], "--seed: keys have no dashes; write seed=..."),
        (["--optimizer.momentum", "1"], "--optimizer.momentum: keys have no dashes; write opt"),
        (["--sweep"], "--sweep: no such flag; a sweep is python -m xorsweep -m"),
        (["-x"], "-x: no such flag; values are given as key=value; --help"),
        (["--foo", "3"], "--foo: no such flag; values are given as key=value; --help"),
    ],
)
def test_a_key_has_no_dashes(arguments: list[str], line: str) -> None:
    with pytest.raises(ConfigError) as refused:
        check_flags(arguments, KNOWN, WORDS)
    assert str(refused.value).startswith(line)
