"""Lines that Hydra would take or refuse in its own words, and the messages instead."""

import re
from pathlib import Path

import pytest

from xorsweep.cli.grid_config import BLOCKS
from xorsweep.cli.hydra_compose import resume_from_overrides, sweep_from_overrides
from xorsweep.cli.hydra_config import check_overrides
from xorsweep.errors import ConfigError

SMALL = {"lr": "lr=1", "hidden": "hidden=2", "epochs": "epochs=9", "seed": "seed=0,1"}


def lines(*given: str) -> list[str]:
    keys = {line.partition("=")[0] for line in given}
    return [*given, *(line for key, line in SMALL.items() if key not in keys)]


@pytest.mark.parametrize(
    ("typed", "said"),
    {
        "learning_rate=0.1": "learning_rate: unknown key; did you mean lr?",
        "lerning_rate=0.1": "lerning_rate: unknown key; did you mean lr?",
        "batch_size=4": "batch_size: unknown key; an update is made from all rows, schedule=batch",
        "layers=2": "layers: unknown key; networks have one hidden layer",
        "seed=0-100": "seed=0-100: seed must be a whole number from 0 to 4294967295; write "
        "seed=range(0,101) for 0 to 100",
        "hidden=2..8": "hidden must be a whole number from 1 to 4096; write hidden=range(2,9)",
        "hidden=2:8": "write hidden=range(2,8)",
        "lr=0,1": "lr=0,1: lr must be a finite number above 0; a decimal number has a point, "
        "lr=0.1",
        "lr=0,05": "a decimal number has a point, lr=0.05",
        "++lr=0,1,0,5": "a decimal number has a point, lr=0.1,0.5",
        "precision=0,05": "a decimal number has a point, precision=0.05",
        "epochs=10,000": "a number has no commas in it, epochs=10000",
        "epochs=1,000,000": "a number has no commas in it, epochs=1000000",
        "lr=10^-3": "lr=10^-3: can't be read; write lr=1e-3",
        "lr=(0.1,1)": "lr=(0.1,1): can't be read; levels have commas between them and no brackets",
        "lr=range(0.1,1)": "lr=range(0.1,1): counts in steps of 1, so 0.1 is its one level; write "
        "lr=linspace(0.1,1,10), or give range a step",
        "lr=range(0,1)": "lr=range(0,1): counts in steps of 1, so 0 is its one level",
        "init.high=range(0.5,0.9)": "write init.high=linspace(0.5,0.9,10)",
        "activation=sigmod": "did you mean sigmoid?",
        "optimizer=SGD": "optimizer must be one of adam, delta_bar_delta, momentum, nesterov, "
        "quickprop, rprop, sgd; did you mean sgd?",
        "loss=MSELoss": "did you mean mse?",
        "skip=yes": "skip must be true or false; did you mean true?",
        "precision=none": "or null; did you mean null?",
        "task=5": "task=5: task must be one of and, boolean, encoder, nand, or, parity, xnor, xor",
        "task=xor,5": "task=xor,5: task must be one of and, ",
        "engine=true": "engine=true: engine must be one of cuda, numba, numpy",
        "study=5": "study=5: study must be one of basins, ",
        "figures=-1": "figures=-1: figures must be one of page, paper",
        "study=null": "study=null: study must be one of basins, ",
        "task=1_000": "task=1_000: task must be one of and, ",
        "task=range(1)": "task=range(1): task must be one of and, ",
        "optimizer=float(1)": "optimizer=float(1): optimizer must be one of adam, ",
        "init=???": "init=???: init must be one of ",
        "hydra/launcher=1.5": "hydra/launcher=1.5: hydra/launcher must be the name of a choice",
        "hydra/sweeper=[]": "hydra/sweeper=[]: hydra/sweeper must be the name of a choice",
        "=2": "=2: has no key; write key=2",
        "lr=1\n2": "lr=1\\n2: can't be read",
        "seed=range(0,5,0)": "seed=range(0,5,0): range(start,stop,step) needs finite "
        "numbers, and a step that isn't 0",
        "lr=range(0,inf)": "lr=range(0,inf): range(start,stop,step) needs finite numbers",
        "lr=range(nan,1)": "lr=range(nan,1): range(start,stop,step) needs finite numbers",
        "max_seeds=range(0,1,1e-320)": "range(start,stop,step) needs finite numbers",
    }.items(),
)
def test_a_line_has_the_command_to_type(typed: str, said: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(said)) as refused:
        sweep_from_overrides(lines(typed))
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    "typed",
    [
        "lr=1,5",
        "lr=range(1,4)",
        "lr=range(0.5,3)",
        "lr=range(0.1,0.2,0.1)",
        "seed=range(3,4)",
        "epochs=100,200",
        "init.low=0,-1",
        "hidden=2,4",
        "precision=0.05",
    ],
)
def test_unambiguous_values_are_accepted(typed: str) -> None:
    assert len(sweep_from_overrides(lines(typed)).grid)


@pytest.mark.parametrize("text", ["{}", '"{}"'])
def test_a_long_expression_is_refused_before_it_is_read(text: str) -> None:
    with pytest.raises(ConfigError, match=r"^grid\.where: has [\d,]+ characters, and may have"):
        check_overrides([f"grid.where={text.format(' or '.join(['lr < 1'] * 10_000))}"], dict)


def test_components_of_a_swept_group_without_a_key_are_named_with_the_blocks_that_work() -> None:
    typed = lines("optimizer=sgd,momentum,adam", "optimizer.momentum=0.5,0.9")
    with pytest.raises(ConfigError) as refused:
        sweep_from_overrides(typed)
    said = str(refused.value)
    assert said.startswith(
        "optimizer.momentum: optimizer=sgd,momentum,adam is swept, and sgd and adam have no such "
        "key; 'grid.blocks=["
    )
    (blocks,) = re.findall(rf"'({re.escape(BLOCKS)}=.*)'", said)
    grid = sweep_from_overrides([blocks, *lines()]).grid
    assert len(grid) == (1 + 2 + 1) * 2


def test_a_key_that_every_swept_choice_has_is_an_axis() -> None:
    typed = lines("optimizer=momentum,nesterov", "optimizer.momentum=0.5,0.9")
    assert len(sweep_from_overrides(typed).grid) == 2 * 2 * 2


@pytest.mark.parametrize(
    ("given", "notes"),
    [
        (["seed=100"], ["seed=100: one seed; range(0,100) gives a hundred"]),
        (["seed=50"], ["seed=50: one seed; range(0,50) gives 50"]),
        (["seed=0"], ["seed=0: one seed; range(0,100) gives a hundred"]),
        (["seed=4294967295"], ["seed=4294967295: one seed; range(0,100) gives a hundred"]),
        (["seed=7", "lr=0.5,2"], ["seed=7: one seed; range(0,7) gives 7"]),
        (["seed=0,1"], []),
        (["seed=100", "precision=0.1"], []),
        (["seed=0", "init=printed"], []),
    ],
)
def test_a_sweep_with_one_seed_is_noted(given: list[str], notes: list[str]) -> None:
    assert list(sweep_from_overrides(lines(*given)).notes) == notes


def test_a_further_seed_of_a_sweep_needs_no_note() -> None:
    assert resume_from_overrides(["seed=100"], Path()).more
