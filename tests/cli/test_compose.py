"""From overrides to a grid, composed no more often than it must be."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from hydra import compose, initialize_config_dir
from hydra._internal.core_plugins.basic_sweeper import BasicSweeper
from hydra.core.config_loader import ConfigLoader
from hydra.core.global_hydra import GlobalHydra
from hydra.core.override_parser.overrides_parser import OverridesParser
from hypothesis import given
from hypothesis import strategies as st
from omegaconf import DictConfig
from profiles import examples

from xorsweep.cli.axes import level_count, parsed, swept
from xorsweep.cli.compose import Composed, compose_block, compose_grid, merge_equal_levels
from xorsweep.cli.defaults import config_folder
from xorsweep.cli.grid_config import read_grid
from xorsweep.cli.hydra_compose import HydraComposer
from xorsweep.cli.hydra_config import VERSION_BASE
from xorsweep.errors import ConfigError
from xorsweep.grid.axes import Axis

CONF = Path(config_folder())


class Counting:
    """Hydra's own loader, with a count of its compositions."""

    def __init__(self, loader: ConfigLoader) -> None:
        self.loader = loader
        self.composed = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self.loader, name)

    def load_sweep_config(self, config: DictConfig, overrides: list[str]) -> DictConfig:
        self.composed += 1
        return self.loader.load_sweep_config(config, overrides)


@pytest.fixture(scope="module")
def hydra() -> Iterator[tuple[Any, DictConfig]]:
    with initialize_config_dir(str(CONF), **VERSION_BASE):
        config = compose("config", return_hydra_config=True)
        yield GlobalHydra.instance().config_loader(), config


def composed(hydra: tuple[Any, DictConfig], lines: Sequence[str]) -> tuple[Composed, int]:
    loader = Counting(hydra[0])
    overrides = [swept(each) for each in parsed(loader, lines).values()]  # type: ignore[arg-type]
    return compose_block(HydraComposer(loader, hydra[1]), overrides), loader.composed  # type: ignore[arg-type]


def stock(hydra: tuple[Any, DictConfig], lines: Sequence[str]) -> list[list[str]]:
    """Return the jobs that Hydra's own sweeper would launch, in its order."""
    overrides = OverridesParser.create(config_loader=hydra[0]).parse_overrides(list(lines))
    return [list(job) for chunk in BasicSweeper.split_arguments(overrides, None) for job in chunk]


AXES = {
    "lr": st.lists(st.sampled_from(["0.1", "1e-3", "2", "0.25"]), min_size=1, unique=True),
    "hidden": st.lists(st.sampled_from(["2", "3", "8"]), min_size=1, unique=True),
    "epochs": st.lists(st.sampled_from(["1", "10", "1000"]), min_size=1, unique=True),
    "skip": st.lists(st.sampled_from(["true", "false"]), min_size=1, unique=True),
    "init": st.lists(st.sampled_from(["uniform", "normal", "he"]), min_size=1, unique=True),
}


@examples(2, 8)
@given(
    st.permutations(list(AXES)).flatmap(
        lambda keys: st.fixed_dictionaries({key: AXES[key] for key in keys})
    )
)
def test_rows_come_in_hydras_own_order(
    hydra: tuple[Any, DictConfig], axes: dict[str, list[str]]
) -> None:
    lines = [f"{key}={','.join(levels)}" for key, levels in axes.items()]
    grid = composed(hydra, lines)[0].grid
    for row, job in enumerate(stock(hydra, lines)):
        point = grid.point(row)
        for override in job:
            key, text = override.split("=")
            value = point[key]
            if isinstance(value, str | bool):
                assert str(value).lower() == text.lower()
            else:
                assert value == float(text)
    assert len(grid) == row + 1


@pytest.mark.parametrize(
    ("lines", "times"),
    [
        (["lr=1"], 1),
        (["lr=1,2,3", "hidden=2,4", "seed=range(0,1000)"], 0),
        (["init=uniform,normal,he", "lr=1,2,3"], 3),
        (["init=uniform,normal", "optimizer=sgd,momentum", "seed=range(0,50)"], 4),
        (["init.low=0,0.5", "lr=1"], 1),
    ],
)
def test_only_structural_levels_are_composed(
    hydra: tuple[Any, DictConfig], lines: list[str], times: int
) -> None:
    assert composed(hydra, lines)[1] == times


def test_a_config_that_hydra_has_composed_is_not_composed_again(
    hydra: tuple[Any, DictConfig],
) -> None:
    lines = ["lr=1,2", "hidden=3", "init=he", "seed=range(0,4)"]
    config = compose("config", lines[1:3], return_hydra_config=True)
    made, times = composed((hydra[0], config), lines)
    assert times == 0
    assert {(p["hidden"], p["init"]) for p in map(made.grid.point, range(8))} == {(3, "he")}


def test_levels_by_number_that_hydra_has_taken_for_a_text_are_composed_without(
    hydra: tuple[Any, DictConfig],
) -> None:
    lines = ["lr='linspace(1,2,3)'", "hidden=3"]
    config = compose("config", lines, return_hydra_config=True)
    made, times = composed((hydra[0], config), lines)
    assert times == 1
    assert [made.grid.point(row)["lr"] for row in range(3)] == [1.0, 1.5, 2.0]


def test_an_axis_that_others_refer_to_is_composed_too(hydra: tuple[Any, DictConfig]) -> None:
    grid = composed(hydra, ["lr=1,2,4", "init.high=${lr}", "seed=0,1"])[0].grid
    assert [grid.point(row)["init.high"] for row in range(0, 6, 2)] == [1.0, 2.0, 4.0]


@pytest.mark.parametrize(
    ("line", "levels"),
    [
        ("seed=range(0,10,3)", [0, 3, 6, 9]),
        ("lr=choice(1,2)", [1.0, 2.0]),
        ("lr=sort(3,1,2)", [1.0, 2.0, 3.0]),
        ("lr=sort(3,1,2,reverse=true)", [3.0, 2.0, 1.0]),
        ("lr=tag(a,choice(1,2))", [1.0, 2.0]),
        ("init=glob(h*)", ["he"]),
        ("lr=range(0.5,2,0.5)", [0.5, 1.0, 1.5]),
        ("lr=linspace(0.1,0.5,5)", [0.1, 0.2, 0.3, 0.4, 0.5]),
        ('lr="logspace(-2,1,4)"', [0.01, 0.1, 1.0, 10.0]),
        ("epochs=logspace(1,2,3)", [10, 32, 100]),
    ],
)
def test_hydras_grammar_is_understood(
    hydra: tuple[Any, DictConfig], line: str, levels: list[object]
) -> None:
    grid = composed(hydra, [line])[0].grid
    key = line.split("=")[0]
    assert [grid.point(row)[key] for row in range(len(grid))] == levels


def test_shuffle_keeps_the_levels(hydra: tuple[Any, DictConfig]) -> None:
    grid = composed(hydra, ["seed=shuffle(range(0,20))"])[0].grid
    assert sorted(grid.point(row)["seed"] for row in range(20)) == list(range(20))


def test_levels_are_counted_before_they_are_made(hydra: tuple[Any, DictConfig]) -> None:
    lines = ["seed=range(0,1000000000000)", "lr=1,2,3", "hidden=2", "epochs=range(10,0,-3)"]
    lines += ["init=glob(h*)", "init.high=linspace(1,2,1000000000000)"]
    overrides = parsed(hydra[0], lines)
    assert [level_count(each) for each in overrides.values()] == [10**12, 3, 1, 4, 1, 10**12]


def test_components_that_compose_the_same_are_one_level(hydra: tuple[Any, DictConfig]) -> None:
    lines = ["init=uniform,normal", "init.stream=legacy,'legacy'"]
    assert len(composed(hydra, lines)[0].grid) == 2
    axes = [Axis("a", ("x", "y", "z"), True), Axis("lr", (1.0,))]
    points: list[Any] = [{"k": 1}, {"k": 2}, {"k": 1}]
    merged, kept = merge_equal_levels(axes, points)
    assert merged[0].levels == ("x", "y")
    assert kept == [{"k": 1}, {"k": 2}]


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (["optimizer=sgd,rprop", "schedule=batch,online"], "optimizer=rprop with schedule=online"),
        (["loss=half_sse,cross_entropy", "output=logistic,linear"], "output must be logistic"),
        (["task=xor,encoder", "skip=false,true"], "skip=true with task=encoder"),
        (["task=parity", "task.bits=2,0"], "task.bits=0: task.bits must be a whole number from 2"),
        (
            ["task=boolean", "task.bits=2,3", "task.table=15,16"],
            "task.table=16: must be a whole number from 0 to 15 with task.bits=2",
        ),
        (["optimizer=rprop", "lr=0.1,80"], "lr=80.0: lr is the first step of optimizer=rprop"),
    ],
)
def test_a_combination_that_means_nothing_is_refused_wherever_it_stands(
    hydra: tuple[Any, DictConfig], lines: list[str], message: str
) -> None:
    with pytest.raises(ConfigError) as refused:
        composed(hydra, lines)
    assert message in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_yaml_list_is_explained(hydra: tuple[Any, DictConfig]) -> None:
    with pytest.raises(ConfigError, match=r"^grid.axes.lr=\[\]: must be levels, such as 1,2 or"):
        read_grid(hydra[0], {"axes": {"lr": []}}, {})
    with pytest.raises(ConfigError, match="a YAML list is one value and no axis; write lr: 1,2"):
        read_grid(hydra[0], {"axes": {"lr": [1, 2]}}, {})


Section = dict[str, Any]


def composed_section(
    hydra: tuple[Any, DictConfig], section: Section, given: Sequence[str] = ()
) -> tuple[Composed, int]:
    loader: Any = Counting(hydra[0])
    read = read_grid(loader, section, parsed(loader, given))
    return compose_grid(HydraComposer(loader, hydra[1]), read), loader.composed


def composed_blocks(
    hydra: tuple[Any, DictConfig], axes: Section, blocks: object, given: Sequence[str] = ()
) -> tuple[Composed, int]:
    return composed_section(hydra, {"axes": axes, "blocks": blocks}, given)


def test_blocks_are_laid_over_the_axes_and_follow_each_other(
    hydra: tuple[Any, DictConfig],
) -> None:
    blocks = [
        {"optimizer": "momentum", "lr": "0.1,0.2"},
        {"task": "encoder", "hidden": 3, "seed": "7"},
    ]
    grid = composed_blocks(hydra, {"lr": 1, "hidden": "2,4", "seed": "0,1"}, blocks)[0].grid
    keys = ("task", "optimizer", "lr", "hidden", "seed")
    assert [tuple(grid.point(row)[key] for key in keys) for row in range(len(grid))] == [
        *(("xor", "momentum", lr, h, seed) for lr in (0.1, 0.2) for h in (2, 4) for seed in (0, 1)),
        ("encoder", "sgd", 1.0, 3, 7),
    ]
    assert grid.point(0)["optimizer.momentum"] == 0.9
    assert "optimizer.momentum" not in grid.point(len(grid) - 1)


def test_the_command_line_holds_for_every_block(hydra: tuple[Any, DictConfig]) -> None:
    blocks = [{"lr": "1,2"}, {"lr": "3"}, {"hidden": "3,4"}]
    made = composed_blocks(hydra, {"lr": "5", "seed": "range(0,9)"}, blocks, ["lr=7", "seed=0,1"])
    points = [made[0].grid.point(row) for row in range(len(made[0].grid))]
    assert [(point["lr"], point["hidden"], point["seed"]) for point in points] == [
        (7.0, 2, 0),
        (7.0, 2, 1),
        *((7.0, hidden, seed) for seed in (0, 1) for hidden in (3, 4)),
    ]
    assert made[0].grid.text == "2 seeds + 2 seeds x 2 hidden sizes: 6 results"


def test_a_block_is_composed_once_a_combination_of_structural_levels(
    hydra: tuple[Any, DictConfig],
) -> None:
    blocks = [{"init": "uniform,normal", "lr": "1,2"}, {"task": "and"}, {"lr": "range(1,50)"}]
    assert composed_blocks(hydra, {"seed": "range(0,100)"}, blocks)[1] == 3


@pytest.mark.parametrize(
    ("blocks", "said"),
    [
        (3, r"^grid.blocks=3: must be a list of blocks"),
        ([], r"^grid.blocks=\[\]: must be a list of blocks"),
        ("lr", r"^grid.blocks=lr: must be a list of blocks"),
        ([{}, 3], r"^grid.blocks\[1\]=3: must be a list of blocks"),
        ([{"lrr": 3}], r"^grid.blocks\[0\]: lrr: unknown key; did you mean lr\?"),
        ([{"lr": [1, 2]}], r"^grid.blocks\[0\].lr=\[1, 2\]: .* write lr: 1,2"),
        ([{"lr": None}], r"^grid.blocks\[0\].lr=null: must be levels"),
        ([{"lr": {"a": 1}}], r"^grid.blocks\[0\].lr=\{'a': 1\}: must be levels"),
        ([{"engine": "numpy"}], r"^grid.blocks\[0\].engine: defines how a sweep runs"),
        ([{"lr": -1}], "lr=-1: lr must be a finite number above 0"),
        ([{}, {"seed": "range(0,10000000000)"}], "seed 10,000,000,000 and the other blocks"),
    ],
)
def test_blocks_that_cannot_be_meant_are_refused(
    hydra: tuple[Any, DictConfig], blocks: object, said: str
) -> None:
    with pytest.raises(ConfigError, match=said) as refused:
        composed_blocks(hydra, {}, blocks)
    assert "\n" not in str(refused.value)


def test_a_key_with_one_value_goes_with_every_level_of_its_group(
    hydra: tuple[Any, DictConfig],
) -> None:
    section = {
        "axes": {"lr": "1,2", "epochs": "10,20", "seed": "0,1"},
        "zip": [["lr", "epochs"]],
        "blocks": [{}, {"lr": 3}],
    }
    grid = composed_section(hydra, section, ["seed=5"])[0].grid
    assert [(point["lr"], point["epochs"]) for point in map(grid.point, range(4))] == [
        (1.0, 10),
        (2.0, 20),
        (3.0, 10),
        (3.0, 20),
    ]
    assert grid.text == "2 combinations of lr and epochs + 2 epoch budgets: 4 results"


def test_components_that_go_together_are_composed_once_each(hydra: tuple[Any, DictConfig]) -> None:
    section = {"axes": {"optimizer": "sgd,adam,sgd", "lr": "1,2,3", "init": "uniform,he"}}
    made, times = composed_section(hydra, section | {"zip": [["optimizer", "lr"]]})
    keys = ("optimizer", "lr", "init")
    assert [tuple(map(made.grid.point(row).get, keys)) for row in range(len(made.grid))] == [
        (optimizer, lr, init)
        for optimizer, lr in (("sgd", 1.0), ("adam", 2.0), ("sgd", 3.0))
        for init in ("uniform", "he")
    ]
    assert times == 4


def test_combinations_that_mean_nothing_may_be_left_out(hydra: tuple[Any, DictConfig]) -> None:
    section = {
        "axes": {"optimizer": "sgd,rprop", "schedule": "batch,online"},
        "where": 'optimizer != "rprop" or schedule == "batch"',
    }
    assert len(composed_section(hydra, section)[0].grid) == 3


@pytest.mark.parametrize(
    ("section", "said"),
    [
        ({"axes": 3}, r"^grid.axes=3: must be keys and their levels"),
        ({"axis": {}}, r"^grid.axis: unknown key; did you mean grid.axes\?"),
        ({"zip": "lr"}, r"^grid.zip=lr: must be a list of lists of keys"),
        ({"zip": ["lr", "epochs"]}, r"^grid.zip=\[lr,epochs\]: must be a list of lists of keys"),
        ({"zip": [["lr"]]}, r"^grid.zip=\[\[lr\]\]: must be a list of lists of keys"),
        ({"zip": [["lr", "epoch"]]}, r"^grid.zip=\[\[lr,epoch\]\]: epoch: .* did you mean epochs"),
        ({"zip": [["lr", "seed"], ["lr", "skip"]]}, r"lr is named twice; name it once"),
        ({"where": 3}, r"^grid.where=3: must be an expression over keys"),
        ({"where": "epoch < 3"}, r"^grid.where=epoch < 3: epoch: .* did you mean epochs\?"),
        ({"where": "lr > 9"}, r"^grid.where=lr > 9: is true at no point of the grid \(2 points\)"),
        ({"zip": [["lr", "seed"]]}, r"^grid.zip=\[\[lr,seed\]\]: lr has 2, seed has 3; "),
        ({"axes": {"lr": "logspace(1,2)"}}, r"^lr=logspace\(1,2\): logspace takes three numbers"),
        ({"axes": {"lr": "range(1"}}, r"^grid.axes: lr=range\(1: can't be read"),
        ({"axes": {"lr": "linspace(1,2,100000000000)"}}, r"^lr 100,000,000,000 = "),
    ],
)
def test_a_section_that_cannot_be_meant_is_refused(
    hydra: tuple[Any, DictConfig], section: Section, said: str
) -> None:
    axes = {"lr": "1,2"} | ({"seed": "0,1,2"} if "seed has" in said else {})
    with pytest.raises(ConfigError, match=said) as refused:
        composed_section(hydra, {"axes": axes} | section)
    assert "\n" not in str(refused.value)
