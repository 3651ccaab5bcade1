"""The settings as the page holds them: numbers to four digits, and nothing that ends a script."""

import json

import numpy as np
import pandas as pd
import pytest

from xorsweep.reporting.explore import MOST_SETTINGS, explore_data
from xorsweep.reporting.layout import Layout
from xorsweep.reporting.measures import Measure, network_measures

KEYS = ["hidden", "lr", "optimizer.momentum"]


@pytest.fixture
def cells() -> pd.DataFrame:
    levels = pd.MultiIndex.from_product([[4, 2], [0.1, 50.0]], names=KEYS[:2])
    cells = levels.to_frame(index=False)
    return cells.assign(
        **{"optimizer.momentum": [np.nan, 0.5, 0.9, 0.9]}, epochs=10, rate=[1 / 3, 0, 1, np.nan]
    )


def data_of(cells: pd.DataFrame, *measures: Measure, keys: list[str] = KEYS) -> dict[str, object]:
    rank = np.arange(len(cells))[::-1]
    layout = Layout(keys[-1], "", ())
    found: dict[str, object] = json.loads(
        explore_data(cells, keys, measures, layout, lambda place: f"p{place}", rank)
    )
    return found


def test_levels_ascend_and_each_setting_has_its_codes(cells: pd.DataFrame) -> None:
    data = data_of(cells, Measure("rate", cells["rate"], scale="rate"))
    hidden, lr, momentum = data["keys"]  # type: ignore[misc]
    assert (hidden["levels"], hidden["numbers"]) == (["2", "4"], [2.0, 4.0])
    assert hidden["codes"] == [1, 1, 0, 0]
    assert lr["codes"] == [0, 1, 0, 1]
    assert momentum["levels"] == ["none", "0.5", "0.9"]
    assert (momentum["none"], momentum["numbers"], lr["none"]) == (0, None, None)
    assert data["targets"] == ["p0", "p1", "p2", "p3"]
    assert data["first"] == 3


def test_numbers_have_four_digits_and_none_is_null(cells: pd.DataFrame) -> None:
    low = pd.Series([0.123456, 0.0, np.inf, np.nan])
    data = data_of(cells, Measure("rate", cells["rate"], low, low, "95 % interval", "rate"))
    (measure,) = data["measures"]  # type: ignore[misc]
    assert measure["values"] == [0.3333, 0.0, 1.0, None]
    assert measure["low"] == measure["high"] == [0.1235, 0.0, None, None]


def test_a_measure_without_numbers_and_a_single_setting_are_left_out(cells: pd.DataFrame) -> None:
    nothing = Measure("cost", pd.Series(np.nan, cells.index))
    known = Measure("rate", cells["rate"], scale="rate")
    assert [each["label"] for each in data_of(cells, known, nothing)["measures"]] == ["rate"]  # type: ignore[attr-defined]
    args = (["lr"], [known], Layout("lr", "", ()), str, np.array([0]))
    assert explore_data(cells.head(1), *args) == ""
    assert explore_data(cells, KEYS, [nothing], Layout("lr", "", ()), str, np.arange(4)) == ""


def test_no_level_ends_the_script() -> None:
    cells = pd.DataFrame({"name": ["</script><b>", "&amp;"], "epochs": 1, "rate": [0.0, 1.0]})
    known = Measure("rate", cells["rate"], scale="rate")
    text = explore_data(cells, ["name"], [known], Layout("name", "", ()), str, np.arange(2))
    assert not set(text) & set("<>&")
    assert json.loads(text)["keys"][0]["levels"] == ["</script><b>", "&amp;"]


def test_of_too_many_settings_some_are_selected_with_a_note() -> None:
    count = 2 * MOST_SETTINGS
    cells = pd.DataFrame({"lr": np.arange(1.0, count + 1), "epochs": 1, "rate": 0.5})
    data = data_of(cells, Measure("rate", cells["rate"], scale="rate"), keys=["lr"])
    assert len(data["targets"]) <= MOST_SETTINGS  # type: ignore[arg-type]
    assert "levels of lr" in str(data["note"])


def test_every_measure_of_networks_is_there(small_summary: pd.DataFrame) -> None:
    labels = [each.label for each in network_measures(small_summary)]
    assert labels == [
        "runs that converged",
        "median epochs until converged",
        "epochs spent per solution",
        "median final error",
    ]


@pytest.fixture
def small_summary(small_sweep: object) -> pd.DataFrame:
    return pd.read_csv(f"{small_sweep}/summary.csv")
