"""Files of the user: which axes hold where they give values, and the message for a broken one."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hydra import compose, initialize_config_dir
from hydra.core.global_hydra import GlobalHydra

from xorsweep.cli.defaults import config_folder
from xorsweep.cli.grid_config import grid_node
from xorsweep.cli.hydra_config import VERSION_BASE
from xorsweep.errors import ConfigError

DEFAULT = {"lr", "hidden", "epochs", "seed"}
HEADER = "# @package _global_\n"

Node = Callable[..., dict[str, object]]


@pytest.fixture(scope="module")
def conf() -> Iterator[None]:
    with initialize_config_dir(config_folder(), **VERSION_BASE):
        yield


@pytest.fixture
def node(conf: None, tmp_path: Path) -> Node:
    """Return a function that composes files and returns the node `grid` that is swept."""

    def make(files: dict[str, str], *chosen: str) -> dict[str, object]:
        for name, text in files.items():
            path = tmp_path / f"{name}.yaml"
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)
        lines = [f"hydra.searchpath=[{tmp_path}]", *chosen]
        config = compose("config", lines, return_hydra_config=True)
        return grid_node(GlobalHydra.instance().config_loader(), config, {})

    return make


def axes(node: dict[str, object]) -> dict[str, object]:
    found = node["axes"]
    assert isinstance(found, dict)
    return found


def test_without_files_the_default_grid_is_swept(node: Node) -> None:
    assert set(axes(node({}))) == DEFAULT


@pytest.mark.parametrize("chosen", ["study=mine", "+experiment=mine"])
@pytest.mark.parametrize(
    "value",
    ["0.3", pytest.param("0.1", marks=pytest.mark.slow)],  # that of config.yaml, too
)
def test_a_plain_value_of_a_file_replaces_the_default_axis(
    node: Node, chosen: str, value: str
) -> None:
    text = f"{HEADER}lr: {value}\nseed: 7\n"
    found = node({"study/mine": text, "experiment/mine": text}, chosen)
    assert set(axes(found)) == {"hidden", "epochs"}


def test_in_one_file_the_axes_win(node: Node) -> None:
    text = f"{HEADER}lr: 0.3\nseed: 7\ngrid:\n  axes: {{lr: '1,2'}}\n"
    assert axes(node({"study/mine": text}, "study=mine"))["lr"] == "1,2"


def test_of_two_files_the_later_one_wins(node: Node) -> None:
    swept = f"{HEADER}init: {{low: -1}}\ngrid:\n  axes: {{lr: '1,2', init.low: '-1,-2'}}\n"
    fixed = f"{HEADER}lr: 0.3\ninit: {{low: -3}}\n"
    files = {"study/mine": swept, "experiment/mine": fixed}
    assert not {"lr", "init.low"} & set(axes(node(files, "study=mine", "+experiment=mine")))
    files = {"study/mine": fixed, "experiment/mine": swept}
    assert {"lr", "init.low"} < set(axes(node(files, "study=mine", "+experiment=mine")))


def test_a_choice_in_a_later_file_replaces_the_axis_of_its_group(node: Node) -> None:
    files = {
        "study/mine": f"{HEADER}grid:\n  axes: {{optimizer: 'sgd,adam'}}\n",
        "experiment/mine": f"{HEADER}defaults:\n  - override /optimizer: rprop\n",
    }
    assert "optimizer" in axes(node(files, "study=mine"))
    assert "optimizer" not in axes(node(files, "study=mine", "+experiment=mine"))


def test_a_later_value_holds_for_every_block_and_one_of_the_same_file_for_none(node: Node) -> None:
    blocks = "grid:\n  blocks: [{lr: '1,2'}, {hidden: 3}]\n"
    files = {"study/mine": f"{HEADER}lr: 5\n{blocks}", "experiment/mine": f"{HEADER}lr: 0.3\n"}
    assert node(files, "study=mine")["blocks"] == [{"lr": "1,2"}, {"hidden": 3}]
    assert node(files, "study=mine", "+experiment=mine")["blocks"] == [{}, {"hidden": 3}]


def test_axes_where_hydras_sweepers_have_them_are_axes(node: Node) -> None:
    text = f"{HEADER}lr: 0.3\nhydra:\n  sweeper:\n    params: {{lr: '1,2'}}\n"
    assert "lr" in axes(node({"study/mine": text}, "study=mine"))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", r"mine.yaml: is empty"),
        (HEADER, r"mine.yaml: is empty"),
        ("lr: 0.3\n", r"mine.yaml: its keys would lie below study; its first line must be # @pack"),
        (f"# a comment\n{HEADER}lr: 3\n", r"mine.yaml: its keys would lie below study"),
        (f"{HEADER}grid:\n  axes: null\n", r"mine.yaml: grid.axes=null: must be keys and their"),
        (f"{HEADER}grid:\n  axes: 3\n", r"mine.yaml: grid.axes=3: must be keys and their levels"),
        (
            f"{HEADER}optimizer: adam\n",
            r"mine.yaml: optimizer=adam: .* - override /optimizer: adam",
        ),
        (f"{HEADER}grid: null\n", r"mine.yaml: grid=null: must be keys such as axes and where"),
    ],
)
def test_a_file_that_cannot_be_meant_is_named(node: Node, text: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said) as refused:
        node({"study/mine": text}, "study=mine")
    assert "\n" not in str(refused.value)
