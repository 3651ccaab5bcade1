"""The expression that keeps points, held against Python's own evaluation, a point at a time."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from xorsweep.cli.hydra_compose import sweep_from_overrides
from xorsweep.errors import ConfigError
from xorsweep.grid.axes import Axis
from xorsweep.grid.grid import Grid, concatenate, product_grid
from xorsweep.grid.schema import Point
from xorsweep.grid.where import MOST_CHARACTERS, MOST_NESTED, read_where
from xorsweep.networks.schema import NETWORK_SCHEMA

PointOf = Callable[..., Point]


@pytest.fixture(scope="module")
def grid(point_of: PointOf) -> Grid:
    """Return a grid of two optimizers, so that not every key applies to every point."""
    bases = [point_of(optimizer="sgd"), point_of(optimizer="adam")]
    return concatenate(
        [
            product_grid(
                NETWORK_SCHEMA,
                [
                    Axis("optimizer", ("sgd", "adam"), structural=True),
                    Axis("lr", (0.1, 1.0, 3.0)),
                    Axis("hidden", (2, 4)),
                    Axis("skip", (True, False)),
                ],
                bases,
            ),
            product_grid(NETWORK_SCHEMA, [Axis("seed", (0, 7))], [point_of(optimizer="momentum")]),
        ]
    )


NUMBERS = ("lr", "hidden", "seed", "epochs", "init.high")
numbers = st.recursive(
    st.sampled_from(NUMBERS) | st.sampled_from(["0.1", "1", "2.5", "4", "7"]),
    lambda inner: (
        st.builds("({} {} {})".format, inner, st.sampled_from(["+", "-", "*"]), inner)
        | st.builds("(-{})".format, inner)
    ),
    max_leaves=4,
)
orders = st.sampled_from(["<", "<=", ">", ">=", "==", "!="])
truths = st.recursive(
    st.builds("({} {} {})".format, numbers, orders, numbers)
    | st.builds("({} < {} <= {})".format, numbers, numbers, numbers)
    | st.builds("({} {} ({}, 4))".format, numbers, st.sampled_from(["in", "not in"]), st.just("2"))
    | st.sampled_from(["skip", "(skip == false)", '(optimizer == "sgd")', '("adam" != optimizer)'])
    | st.sampled_from(['(optimizer in ("sgd", "momentum"))', '(init not in ("uniform", "he"))']),
    lambda inner: (
        st.builds("({} {} {})".format, inner, st.sampled_from(["and", "or"]), inner)
        | st.builds("(not {})".format, inner)
    ),
    max_leaves=5,
)


def by_python(text: str, point: Point) -> bool:
    """Evaluate as Python does, with the point's values in the place of its keys."""
    text = text.replace("false", "False")
    for key in (*NUMBERS, "skip", "optimizer", "init"):
        text = re.sub(rf"(?<![\w.]){re.escape(key)}(?![\w.])", repr(point[key]), text)
    return bool(eval(text, {"__builtins__": {}}))


@given(text=truths)
def test_it_is_true_where_python_is(grid: Grid, text: str) -> None:
    rows = read_where(NETWORK_SCHEMA, text).rows(grid.columns)
    assert rows.tolist() == [row for row in range(len(grid)) if by_python(text, grid.point(row))]


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("optimizer.beta1 > 0", {"adam"}),
        ("optimizer.beta1 != 0.5", {"adam"}),
        ("optimizer.beta1 not in (0.5, 0.6)", {"adam"}),
        ("not optimizer.beta1 > 0", {"sgd", "momentum"}),
        ('optimizer.beta1 > 0 or optimizer == "momentum"', {"adam", "momentum"}),
        ("optimizer.momentum / 0 > 1", {"momentum"}),
        ("lr // 0.4 % 2 == 0", {"sgd", "adam", "momentum"}),
        ("10 ** 400 > lr ** 2", {"sgd", "adam", "momentum"}),
        ('task.levels == "hard"', {"sgd", "adam", "momentum"}),
        ("0 / 0 == lr", set()),
        ("task.bits == task.bits", set()),
    ],
)
def test_a_comparison_with_a_missing_value_is_false(grid: Grid, text: str, kept: set[str]) -> None:
    rows = read_where(NETWORK_SCHEMA, text).rows(grid.columns)
    assert {grid.point(int(row))["optimizer"] for row in rows} == kept


def test_it_knows_its_keys() -> None:
    assert read_where(NETWORK_SCHEMA, "lr < init.high\n or  not skip").keys == {
        "lr",
        "init.high",
        "skip",
    }
    assert read_where(NETWORK_SCHEMA, "lr <\n 1").text == "lr < 1"


@given(texts=st.lists(st.text(st.sampled_from("ab #'()\t "), max_size=6), min_size=1, max_size=3))
def test_texts_in_quotes_stay_as_they_are(texts: list[str]) -> None:
    quoted = [f'"{text or "x"}"' for text in texts]
    spaced = "  or\n ".join(f"init.path  ==  {text}" for text in quoted)
    where = read_where(NETWORK_SCHEMA, f"{spaced}  # as they are\n")
    assert where.text == " or ".join(f"init.path == {text}" for text in quoted)
    assert read_where(NETWORK_SCHEMA, where.text).text == where.text


def test_a_path_with_two_spaces_differs_from_one_with_one(
    point_of: PointOf, tmp_path: Path
) -> None:
    paths = [str(tmp_path / name) for name in ("a b.npz", "a  b.npz")]
    for path in paths:
        weights = {"w1": (1, 2, 2), "b1": (1, 2), "w2": (1, 2, 1), "b2": (1, 1)}
        np.savez(path, **{role: np.ones(shape) for role, shape in weights.items()})  # type: ignore[arg-type]
    line = f"grid.where=init.path != '{paths[1]}'"
    levels = ",".join(f"'{path}'" for path in paths)
    grid = sweep_from_overrides(
        ["init=file", f"init.path={levels}", "lr=1", "hidden=2", "seed=0", line]
    ).grid
    assert {grid.point(row)["init.path"] for row in range(len(grid))} == {paths[0]}


@pytest.mark.parametrize(
    ("where", "centers"),
    [
        ("init.center == 3", ["3"]),
        ("3 == init.center", ["3"]),
        ("init.center != 3", ["12", "printed"]),
        ("init.center in (3, 'printed')", ["3", "printed"]),
        ("init.center not in (3.0, 12)", ["printed"]),
        ("init.center == '12'", ["12"]),
    ],
)
def test_a_key_of_numbers_and_words_is_compared_with_both(where: str, centers: list[str]) -> None:
    plane = ["init=plane", "init.x=w1_0_0", "init.y=w1_1_1", "init.center=3,12,printed"]
    given = [*plane, "lr=1", "hidden=2", "epochs=9", "seed=0", f"grid.where={where}"]
    grid = sweep_from_overrides(given).grid
    assert [grid.point(row)["init.center"] for row in range(len(grid))] == centers


def test_a_comment_ends_with_its_line(grid: Grid) -> None:
    text = "lr < 1  # slow ones, don't\nand hidden == 2"
    assert read_where(NETWORK_SCHEMA, text).text == "lr < 1 and hidden == 2"


DEEP = {
    "brackets": "(" * 4_000 + "lr < 1" + ")" * 4_000,
    "not": "not " * 2_400 + "skip",
    "minus": "-" * 9_000 + "lr < 1",
    "sum": "+".join(["lr"] * 3_000) + " < 1",
    "power": "**".join(["lr"] * 2_400) + " < 1",
    "or": "(lr < 1 or " * 99 + "skip" + ")" * 99,
    "attribute": ".".join(["lr"] * 3_000) + " < 1",
    "conditional": "lr if skip else " * 600 + "lr",
    "open brackets": "((((" * 24 + ") " * 96 + "(((((( " * 16,
    "dictionaries": "{1:" * 99,
    "lambdas": "lambda:" * 1_400 + "1",
    "quotes": '"\\"' * 3_000,
    "name": "a" * 9_000,
    "digits": "lr < " + "9" * 9_000,
}


@pytest.mark.parametrize("name", DEEP)
def test_an_expression_that_is_too_deep_or_too_long_is_refused(name: str) -> None:
    with pytest.raises(ConfigError, match=r"^grid\.where") as refused:
        read_where(NETWORK_SCHEMA, DEEP[name])
    assert len(str(refused.value)) < 1_000


def test_a_long_flat_expression_is_evaluated(grid: Grid) -> None:
    terms = MOST_CHARACTERS // len("lr < 1 or ")
    assert len(read_where(NETWORK_SCHEMA, " or ".join(["lr < 1"] * terms)).rows(grid.columns)) == 10
    deep = MOST_NESTED // 2
    text = "(" * deep + "+".join(["lr"] * deep) + ")" * deep + " < 0"
    assert not len(read_where(NETWORK_SCHEMA, text).rows(grid.columns))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (3, "grid.where=3: must be an expression over keys"),
        (" ", "grid.where= : must be an expression over keys"),
        ("lr <", "grid.where=lr <: can't be read at its end;"),
        ("lr < 1 +", "grid.where=lr < 1 +: can't be read at its end;"),
        ("lr = 1", "grid.where=lr = 1: can't be read at character 4;"),
        ("lr < 1 && skip", "grid.where=lr < 1 && skip: can't be read at character"),
        ("lr\0", "grid.where=lr\0: can't be read"),
        ("outcome == 'x'", "outcome: unknown key; known keys: "),
        ("lrr < 1", "grid.where=lrr < 1: lrr: unknown key; did you mean lr?"),
        ("optimizer.momentun > 1", "did you mean optimizer.momentum?"),
        ("optimizer == sgd", 'sgd: is a value of optimizer and no key; write "sgd"'),
        ('optimizer == "adm"', "optimizer == 'adm': optimizer must be one of sgd, momentum,"),
        ('optimizer in ("sgd", "adm")', "optimizer must be one of sgd, momentum,"),
        ('lr < "1"', "compares a number with a text"),
        ("init.center == 3.5", "compares a text with a number"),
        ("init.center == hidden", "compares a text with a number"),
        ("init.center < 3", "only == and != compare a text with another"),
        ("optimizer == 3", "compares a text with a number"),
        ("lr + 1", "grid.where=lr + 1: is a number; must be true or false at each point"),
        ("lr and skip", "lr: is a number, and true or false is needed there"),
        ("skip + 1 < 2", "skip: is true or false, and a number is needed there"),
        ("skip < true", "only == and != compare true or false with another"),
        ("hidden in 3", "3: after in must stand values in brackets, such as (2, 4)"),
        ("hidden in (lr, 2)", "the values in brackets must each be a number"),
        ("optimizer == init", "compare a key with texts in quotes"),
        ("skip in (true, false)", "in is for numbers and texts"),
        ("lr is 1", "isn't allowed; an expression has keys"),
        ("abs(lr) < 1", "abs(lr): isn't allowed; an expression has keys"),
        ("lr.__class__ == 1", "lr.__class__: unknown key"),
        ("(lambda: lr)() < 1", "isn't allowed; an expression has keys"),
        ("[x for x in lr] == 1", "isn't allowed; an expression has keys"),
        ("lr if skip else 1", "isn't allowed; an expression has keys"),
        ("(y := lr) < 1", "isn't allowed; an expression has keys"),
        ("lr < None", "None: isn't allowed"),
        ("lr < 1j", "1j: isn't allowed"),
        ("f'{lr}' == 1", "isn't allowed; an expression has keys"),
        ("lr[0] < 1", "lr[0]: isn't allowed"),
        ("lr | 1 < 1", "isn't allowed"),
        ("+".join(["lr"] * 50_000) + "< 1", "has 150,002 characters, and may have 10,000"),
        ("(" * 5_000 + "lr" + ")" * 5_000, "grid.where"),
    ],
)
def test_everything_else_is_refused_in_one_line(text: Any, said: str) -> None:
    with pytest.raises(ConfigError) as refused:
        read_where(NETWORK_SCHEMA, text)
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)


def test_whole_columns_are_worked_out_at_once(grid_of: Callable[..., Grid]) -> None:
    grid = grid_of(lr=[0.1, 0.2], hidden=[2, 3, 4, 8, 16], seed=range(1_000))
    where = read_where(NETWORK_SCHEMA, "lr*hidden < 2 and not seed % 2 == 0")
    kept = where.rows(grid.columns)
    lr, hidden, seed = (grid.columns[key].array() for key in ("lr", "hidden", "seed"))
    np.testing.assert_array_equal(kept, np.flatnonzero((lr * hidden < 2) & (seed % 2 != 0)))
