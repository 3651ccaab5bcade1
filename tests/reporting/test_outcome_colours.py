"""The colours of outcomes, as readers with each kind of colour vision see them."""

from itertools import combinations

import matplotlib as mpl
import numpy as np

from xorsweep.fields import FloatArray
from xorsweep.reporting.dark_mode import dark_counterpart
from xorsweep.reporting.figures.style import OUTCOME_COLOURS


def test_outcomes_have_distinct_colours_for_all_readers_on_both_pages() -> None:
    for colours in (
        list(OUTCOME_COLOURS.values()),
        [dark_counterpart(colour) for colour in OUTCOME_COLOURS.values()],
    ):
        for vision in VISIONS.values():
            seen = [_oklab(np.array(vision) @ _linear(colour)) for colour in colours]
            apart = [np.linalg.norm(one - other) for one, other in combinations(seen, 2)]
            assert min(apart) > 0.08


VISIONS = {
    "all cones": np.eye(3).tolist(),
    "no long ones": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "no middle ones": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "no short ones": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}
"""G. M. Machado, M. M. Oliveira and L. A. F. Fernandes, IEEE TVCG 15 (2009), at full severity."""


def _linear(colour: str) -> FloatArray:
    parts = np.array(mpl.colors.to_rgb(colour))
    linear: FloatArray = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    return linear


def _oklab(linear: FloatArray) -> FloatArray:
    """Return a colour in B. Ottosson's Oklab, where distances are those that are seen."""
    to_cones = [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
    to_lab = [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
    lab: FloatArray = np.array(to_lab) @ np.cbrt(np.array(to_cones) @ np.clip(linear, 0, 1))
    return lab
