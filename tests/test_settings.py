"""The settings of figures: which values they take, and which axes a sweep has for them."""

import pytest

from xorsweep.errors import ConfigError
from xorsweep.settings import DEFAULT_LOOKS, read_figures


def test_lists_are_read_as_lists_and_as_texts() -> None:
    listed = read_figures({"col": ["lr", "epochs"], "formats": ["pdf", "png"]})
    assert listed == read_figures({"col": "lr,epochs", "formats": "pdf,png"})
    assert listed.axes == {"col": ("lr", "epochs")}
    assert listed.formats == "pdf,png"


def test_figure_settings_that_are_not_given_stay_unchanged() -> None:
    known = read_figures({"x": "lr", "width": 3.3})
    assert read_figures({"hue": "hidden"}, known).axes == {"x": ("lr",), "hue": ("hidden",)}
    assert read_figures(None, known) == known
    assert read_figures(None) == DEFAULT_LOOKS


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (
            {"formats": ["png", "gif"]},
            "figures.formats=.*: figures.formats must be one of png, svg",
        ),
        ({"formats": ["png", "eps"]}, r"^figures.formats=\[png,eps\]: figures.formats must be "),
        ({"formats": []}, "figures.formats must be one of png, svg, pdf, or a list"),
        ({"formats": ["png", "png"]}, "each once"),
        ({"width": 0}, "figures.width must be a finite number of inches at least 2 and at most 40"),
        ({"style": "poster"}, "figures.style must be one of page, paper"),
        ({"x": "lr", "col": ["hidden", "lr"]}, "figures.col=lr: figures.x shows lr already"),
        ({"colour": "lr"}, "figures.colour: unknown key; "),
        ("paper", "figures=paper: must be a mapping of x, hue, col, style, width, formats"),
    ],
)
def test_an_invalid_value_is_reported_in_one_line(values: object, message: str) -> None:
    with pytest.raises(ConfigError, match=message) as told:
        read_figures(values)  # type: ignore[arg-type]
    assert "\n" not in str(told.value)


def test_an_axis_is_one_of_the_sweep_and_never_the_seed() -> None:
    looks = read_figures({"x": "hidden", "hue": "lr"})
    looks.check_axes(("lr", "hidden", "seed"))
    with pytest.raises(
        ConfigError, match=r"figures.x=hidden: must be an axis .*, one of lr, epochs"
    ):
        looks.check_axes(("lr", "epochs", "seed"))
    with pytest.raises(
        ConfigError,
        match=r"^col=seed: leave it out: no axis of the sweep but seed has several levels$",
    ):
        read_figures({"col": "seed"}).check_axes(("seed",), prefix="")
