"""The colours of levels."""

from itertools import pairwise

import pandas as pd
import pytest

from xorsweep.reporting.figures.legends import line_styles

from .figure_checks import contrast


@pytest.mark.parametrize("levels", [[2, 3], [2, 3, 4, 8], [1, 2, 3, 4, 6, 8, 16, 32]])
def test_numbers_have_distinct_colours_that_get_lighter(levels: list[int]) -> None:
    styles = line_styles(pd.DataFrame({"hidden": levels}), "hidden")
    colours = [style["color"] for style in styles.values()]
    light = [contrast(colour, "white") for colour in colours]
    assert all(darker > 1.15 * lighter for darker, lighter in pairwise(light))
    assert light[-1] > 2
