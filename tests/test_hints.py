"""Mistakes of newcomers get the right spelling: the tables are complete, and the lines help."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xorsweep import hints
from xorsweep.cli.hydra_config import known_keys
from xorsweep.cli.keys import SETTINGS, WORDS
from xorsweep.fields import Choice, fields_of
from xorsweep.networks.hints import VALUES
from xorsweep.networks.schema import COMPONENTS, NETWORK_SCHEMA, SCALAR_KEYS

KNOWN = known_keys()

NAMES = {group: set(choices) for group, choices in COMPONENTS.items()}
NAMES |= {"output": {"logistic", "linear"}, "engine": {"numpy", "numba", "cuda"}}
NAMES |= {"parallel": {"loky", "serial", "dask"}, "engine.dtype": {"float32", "float64"}}


def test_every_word_stands_for_a_key_or_a_sentence() -> None:
    there = {*KNOWN, "hydra.sweep.dir"}
    assert all(meant in there or " " in meant for meant in WORDS)


def test_every_word_for_a_value_stands_for_one_or_a_sentence() -> None:
    wrong = [
        (key, meant)
        for key, table in {**VALUES, "parallel": hints.BACKENDS}.items()
        for meant in table
        if meant not in NAMES[key] and " " not in meant
    ]
    assert not wrong


TABLES = {
    "keys of sweeps": hints.KEYS,
    "keys of networks": NETWORK_SCHEMA.words,
    "bare": hints.BARE,
    "truths": hints.TRUTHS,
    "backends": hints.BACKENDS,
    **VALUES,
}


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_no_word_stands_for_two_things(table: hints.Table) -> None:
    pairs = {
        (re.sub(r"[\W_]", "", word.lower()), meant)
        for meant, words in table.items()
        for word in words.split()
    }
    assert len(pairs) == len({word for word, _ in pairs})


def test_no_word_is_a_key_that_can_be_typed() -> None:
    assert not {word for words in WORDS.values() for word in words.split()} & {
        *SCALAR_KEYS,
        *COMPONENTS,
        *SETTINGS,
    }


@pytest.mark.parametrize(
    ("typed", "meant"),
    {
        "learning_rate": "lr",
        "lerning_rate": "lr",
        "learningRate": "lr",
        "learning-rate": "lr",
        "learning_rate_init": "lr",
        "eta": "lr",
        "LR": "lr",
        "lrr": "lr",
        "optimizer.lr": "lr",
        "optimizer.learning_rate": "lr",
        "max_iter": "epochs",
        "num_epochs": "epochs",
        "epcohs": "epochs",
        "random_state": "seed",
        "hidden_layer_sizes": "hidden",
        "hidden_units": "hidden",
        "model.hidden": "hidden",
        "n_jobs": "parallel.n_jobs",
        "loss_fn": "loss",
        "solver": "optimizer",
        "dtype": "engine.dtype",
        "dry_run": "plan",
        "where": "grid.where",
        "optimizer.momentun": "optimizer.momentum",
        "init.hgh": "init.high",
        "hiden": "hidden",
    }.items(),
)
def test_another_word_for_a_key_is_known(typed: str, meant: str) -> None:
    assert hints.key_hint(typed, KNOWN, WORDS) == f"did you mean {meant}?"


@pytest.mark.parametrize(
    ("typed", "said"),
    {
        "batch_size": "schedule=batch, or from one at a time, schedule=online",
        "batchSize": "schedule=online",
        "layers": "one hidden layer, and hidden says how many units it has",
        "num_layers": "one hidden layer",
        "momentum": "optimizer=momentum optimizer.momentum=0.9",
        "n_seeds": "seed=range(0,100)",
        "weight_decay": "optimizer.decay",
        "output_dir": "hydra.run.dir",
    }.items(),
)
def test_an_unknown_key_gets_the_known_one(typed: str, said: str) -> None:
    assert said in str(hints.key_hint(typed, KNOWN, WORDS))


def test_a_key_that_is_not_known_there_is_not_suggested() -> None:
    assert hints.key_hint("n_jobs", [*SCALAR_KEYS, *COMPONENTS], WORDS) is None
    assert hints.key_hint("qqq", KNOWN, WORDS) is None


@pytest.mark.parametrize(
    ("key", "typed", "meant"),
    [
        ("activation", "sigmoi", "sigmoid"),
        ("activation", "ReLU", "relu"),
        ("activation", "LeakyReLU", "leaky_relu"),
        ("loss", "MSELoss", "mse"),
        ("loss", "binary_crossentropy", "cross_entropy"),
        ("optimizer", "SGD", "sgd"),
        ("optimizer", "adm", "adam"),
        ("init", "glorot_uniform", "xavier"),
        ("init", "kaiming", "he"),
        ("output", "identity", "linear"),
        ("parallel", "multiprocessing", "loky"),
        ("engine.dtype", "float", "float32"),
    ],
)
def test_another_word_for_a_choice_is_known(key: str, typed: str, meant: str) -> None:
    names = [*NAMES[key], *(COMPONENTS[key].aliases if key in COMPONENTS else ())]
    words = {**VALUES, "parallel": hints.BACKENDS}[key]
    assert hints.choice_hint(typed, names, words) == f"; did you mean {meant}?"


def test_the_criterion_of_pytorch_is_the_loss() -> None:
    hint = hints.choice_hint("MSELoss", ["sse"], VALUES["criterion"])
    assert "the function to minimize is loss" in hint


@pytest.mark.parametrize(
    ("given", "meant"), [(1, "true"), (1.0, "true"), (0.0, "false"), (10, None), (0.1, None)]
)
def test_a_number_is_a_truth_only_where_it_is_1_or_0(given: float, meant: str | None) -> None:
    assert hints.truth_hint(given) == (f"; did you mean {meant}?" if meant else "")


@pytest.mark.parametrize(
    ("typed", "instead"),
    {
        "0-100": "seed=range(0,101) for 0 to 100",
        "0 - 100": "seed=range(0,101)",
        "2..8": "seed=range(2,9)",
        "2...8": "seed=range(2,9)",
        "8..2": "seed=range(8,1,-1)",
        "0 to 9": "seed=range(0,10)",
        "0\u20139": "seed=range(0,10)",
        "2:8": "seed=range(2,8)",
        "0.1..1": "seed=linspace(0.1,1,10)",
        "0.1:1:0.1": "seed=range(start,stop,step) or seed=linspace(from,to,count)",
        "0,1": "seed=0.1",
        "10%": "seed=0.1",
        "1/2": "seed=0.5",
        "10^-3": "seed=1e-3",
        "10**3": "seed=1e3",
        "1k": "seed=1000",
        "1.5M": "seed=1500000",
        "0.5": "a text; leave out the quotes, seed=0.5",
        "05": "commas stand between levels",
        "(1,2)": "seed=1,2",
        "1 2": "seed=1,2",
        "1;2": "seed=1,2",
        "1,2,": "seed=1,2",
        "=3": "seed=3",
        "np.linspace(0,1,3)": "seed=linspace(0,1,3)",
    }.items(),
)
def test_other_ways_to_write_numbers_are_known(typed: str, instead: str) -> None:
    assert instead in hints.number_hint("seed", typed)


@given(st.text(max_size=30) | st.from_regex(r"[-0-9.,:;eEkM%/ ()^*]{1,12}", fullmatch=True))
def test_whatever_is_typed_gets_at_most_one_more_clause(text: str) -> None:
    found = hints.number_hint("lr", text)
    assert found == "" or found.startswith("; ")
    hints.choice_hint(text, ["mse"], VALUES["loss"])
    hints.key_hint(text, KNOWN, WORDS)
    hints.bare_hint(text)


@given(st.integers(0, 10**6), st.integers(0, 10**6), st.sampled_from(["-", "..", "...", "~"]))
def test_a_span_is_the_range_with_both_ends(first: int, last: int, mark: str) -> None:
    found = re.search(r"(range\(.*\))", hints.number_hint("seed", f"{first}{mark}{last}"))
    assert found
    levels = eval(found[1], {"range": range})
    assert (levels[0], levels[-1], len(levels)) == (first, last, abs(last - first) + 1)


@given(st.integers(0, 999), st.integers(0, 99_999))
def test_a_decimal_comma_is_a_point(before: int, after: int) -> None:
    meant = hints.comma_hint("lr", f"{before},{after}", whole=False).rpartition("lr=")[2]
    assert meant == f"{before}.{after}"


@given(st.integers(1_000, 10**12))
def test_commas_between_thousands_are_left_out(number: int) -> None:
    assert hints.comma_hint("epochs", f"{number:,}", whole=True).endswith(f"epochs={number}")


@pytest.mark.parametrize(("text", "whole"), [("0.1,1", False), ("1,2,3", False), ("1,2", True)])
def test_levels_are_no_number_with_commas(text: str, whole: bool) -> None:
    assert hints.comma_hint("lr", text, whole) == ""


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("lr:0.1", "write lr=0.1"),
        ("0.5", "commas between them and no spaces"),
        ("sweep", "python -m xorsweep -m"),
        ("verify", "a subcommand is the first word: python -m xorsweep verify"),
        ("verfy", "a subcommand is the first word: python -m xorsweep verify"),
        ("qqq", "None"),
    ],
)
def test_an_argument_without_an_equals_sign(typed: str, said: str) -> None:
    assert said in str(hints.bare_hint(typed))


@pytest.mark.parametrize("name", ["lastest", "latset", "Latest", "last", "newest", "true"])
def test_the_newest_sweep_is_latest(name: str) -> None:
    assert hints.folder_hint(name) == "; did you mean latest?"


def test_a_folder_of_another_name_is_not_taken_for_latest() -> None:
    assert hints.folder_hint("outputs/2026-01-01") == hints.folder_hint("mine") == ""


def test_every_key_that_takes_names_has_other_words() -> None:
    keys = [
        key
        for key in (*SCALAR_KEYS, *COMPONENTS)
        if isinstance(NETWORK_SCHEMA.fields_for(key)[0], Choice)
    ]
    keys += [key for key in SETTINGS if "name" in fields_of(SETTINGS[key])]
    assert {*keys} - {"task"} <= {*VALUES, "parallel"}


@pytest.mark.parametrize("value", ["-1", "-0", "+1", "1.0", -1, 0.1, "-1.0"])
def test_a_number_other_than_0_and_1_means_neither_true_nor_false(value: object) -> None:
    assert not hints.truth_hint(value)
