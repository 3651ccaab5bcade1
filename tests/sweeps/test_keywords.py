"""Errors of the Python interface: each begins with the keyword that the caller gave."""

from collections.abc import Callable
from inspect import Parameter, signature
from pathlib import Path
from typing import Any

import pytest
from experiments_to_sweep import Tosses

import xorsweep as xs
from xorsweep.api import Levels
from xorsweep.errors import ConfigError, StoreError
from xorsweep.sweeps.keywords import keywords_in_errors

NETWORKS: dict[str, Any] = {"lr": [0.5, 1], "hidden": 2, "epochs": [3, 4], "seed": [0, 1]}


def added(x: int, y: int, seed: int) -> bool:
    return x + y > seed


OWN: dict[str, Any] = {"function": added, "axes": {"x": [1, 2], "y": [1, 2, 3], "seed": [0, 1]}}
CALLS: dict[Callable[..., object], dict[str, Any]] = {
    xs.train: {"epochs": 2},
    xs.evaluate: {"epochs": 2},
    xs.sweep: NETWORKS,
    xs.sweep_function: OWN,
}


def keywords_of(call: Callable[..., object]) -> list[str]:
    named = [
        name
        for name, each in signature(call).parameters.items()
        if each.kind is not Parameter.VAR_KEYWORD
    ]
    return [*named, *(Levels.__annotations__ if call is xs.sweep else ())]


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    ("call", "keyword"), [(call, each) for call in CALLS for each in keywords_of(call)]
)
@pytest.mark.parametrize("wrong", [object(), -0.5])
def test_a_value_that_isnt_allowed_is_reported_by_its_keyword(
    call: Callable[..., object], keyword: str, wrong: object
) -> None:
    with pytest.raises(ConfigError) as raised:
        call(**{**CALLS[call], keyword: wrong})
    assert str(raised.value).partition("=")[0].partition(":")[0] == keyword


@pytest.mark.parametrize(
    ("call", "given", "message"),
    [
        (xs.sweep, {"where": "lr <"}, "where=lr <: can't be read at its end"),
        (xs.sweep, {"where": "lr > 9"}, "where=lr > 9: is true at no point of"),
        (xs.sweep, {"where": "lr < 9 or " * 2_000}, "where: has 20,000 characters"),
        (xs.sweep, {"where": "seed > 0", "precision": 0.1}, "precision=0.1: adds seeds, and where"),
        (xs.sweep, {"zip": [("lr", "epohs")]}, "zip=[[lr,epohs]]: epohs: unknown key"),
        (xs.sweep, {"zip": [("lr",)]}, "zip=[('lr',)]: must be a list of lists of keys"),
        (xs.sweep, {"zip": [("lr", "seed")], "seed": [1, 2, 3]}, "zip=[[lr,seed]]: lr has 2, seed"),
        (xs.sweep, {"n_jobs": 0}, "n_jobs=0: must be -1 (every core) or at least 1"),
        (xs.sweep, {"n_job": 2}, "n_job: unknown key; did you mean n_jobs?"),
        (xs.sweep, {"filter": "lr < 1"}, "filter: unknown key; did you mean where?"),
        (xs.sweep, {"blocks": [{"csv": True}]}, "blocks[0].csv: defines how a sweep runs"),
        (xs.sweep_function, {"where": "x <"}, "where=x <: can't be read at its end"),
        (xs.sweep_function, {"zip": [("x", "y")]}, "zip=[[x,y]]: x has 2, y has 3"),
        (xs.sweep_function, {"n_jobs": 0}, "n_jobs=0: must be -1"),
        (xs.sweep_function, {"parallel": "treads"}, "parallel=treads: parallel must be one of"),
        (xs.train, {"engine": "abacus"}, "engine=abacus: engine must be one of numpy, numba"),
    ],
)
def test_keys_of_the_configuration_are_named_as_keywords(
    call: Callable[..., object], given: dict[str, Any], message: str
) -> None:
    with pytest.raises(ConfigError) as raised:
        call(**{**CALLS[call], **given})
    assert str(raised.value).startswith(message)
    assert "grid." not in str(raised.value)


def test_keywords_of_an_experiments_sweep(tmp_path: Path) -> None:
    axes = {"p": [0.5, 0.9], "seed": [0, 1]}
    for given, message in (({"where": "seed <"}, "where=seed <"), ({"n_jobs": 0}, "n_jobs=0")):
        with pytest.raises(ConfigError, match=f"^{message}: "):
            xs.sweep_experiment(Tosses(), axes, tmp_path / "s", **given)


def test_a_folder_that_is_used_is_named_and_other_words_stay() -> None:
    with pytest.raises(StoreError) as raised, keywords_in_errors():
        raise StoreError("hydra.sweep.dir=s: already holds; in my.grid.where of grid.w")
    assert str(raised.value) == "folder=s: already holds; in my.grid.where of grid.w"
