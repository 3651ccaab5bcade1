"""Networks as pictures: each weight is a line, as wide as it is large, coloured by its sign."""

import itertools
import re
from xml.etree import ElementTree

import numpy as np
import pytest

from xorsweep.networks.architecture import Network, Weights
from xorsweep.reporting.svg.network_diagram import describe_network, largest_weight, network_diagram
from xorsweep.reporting.svg.network_layout import MOST_UNITS

SVG = "{http://www.w3.org/2000/svg}"


def weights_of(network: Network, values: object = None) -> Weights:
    """Return weights without a batch axis: the given ones, or distinct ones of both signs."""
    if values is None:
        values = np.random.RandomState(0).normal(size=network.size)
    views = network.views(np.broadcast_to(np.asarray(values, float), network.size)[:, None])
    return Weights(*(view[..., 0] for view in views))


def lines(svg: str) -> dict[str, tuple[float, str]]:
    """Return width and style of each line by its description."""
    found = {}
    for group in ElementTree.fromstring(svg).iter(f"{SVG}g"):
        for path in group.findall(f"{SVG}path"):
            words = path.findtext(f"{SVG}title")
            assert words is not None
            found[words] = (float(path.attrib["stroke-width"]), group.attrib["style"])
    return found


def words(svg: str) -> list[str]:
    return [element.text or "" for element in ElementTree.fromstring(svg).iter(f"{SVG}text")]


def test_every_weight_is_a_line_as_wide_as_it_is_large_and_coloured_by_its_sign() -> None:
    svg = network_diagram(weights_of(Network(2, 2, 1), [4, -2, 1, 0, 0.5, 0.5, -4, 2, 0.5]))
    found = lines(svg)
    assert list(map(str, sorted(found))) == [
        "hidden 1 to output 1: -4.00",
        "hidden 2 to output 1: 2.00",
        "input 1 to hidden 1: 4.00",
        "input 1 to hidden 2: -2.00",
        "input 2 to hidden 1: 1.00",
        "input 2 to hidden 2: 0",
    ]
    by_name = {name.partition(":")[0]: value for name, value in found.items()}
    widths = {name: width for name, (width, _) in by_name.items()}
    assert widths["input 1 to hidden 1"] == widths["hidden 1 to output 1"] == max(widths.values())
    assert widths["input 1 to hidden 2"] == widths["hidden 2 to output 1"]
    order = ["input 1 to hidden 1", "input 1 to hidden 2", "input 2 to hidden 1"]
    order.append("input 2 to hidden 2")
    assert all(widths[a] > widths[b] for a, b in itertools.pairwise(order))
    for name, (_, style) in by_name.items():
        negative = name in ("input 1 to hidden 2", "hidden 1 to output 1")
        assert ("--negative" in style) == ("dasharray:6" in style) == negative
        assert ("--positive" in style) == (not negative)


def test_small_networks_are_labelled_with_weights_and_biases() -> None:
    svg = network_diagram(weights_of(Network(2, 2, 1), np.arange(1, 10) / 4))
    assert set(words(svg)) == {
        *("x₁", "x₂", "h₁", "h₂", "y"),
        *("0.250", "0.500", "0.750", "1.00", "1.75", "2.00"),
        *("bias 1.25", "bias 1.50", "bias 2.25"),
    }


def test_direct_links_pass_the_hidden_units() -> None:
    svg = network_diagram(weights_of(Network(2, 1, 1, skip=True), [1, 1, 1, 1, 1, 9, 8]))
    curved = re.findall(r'd="(M[^"]*Q[^"]*)"', svg)
    assert len(curved) == 2
    height = float(ElementTree.fromstring(svg).attrib["height"])
    ends = sorted(float(way.split()[1].split("Q")[0]) for way in curved)
    bends = sorted(float(way.split("Q")[1].split()[1]) for way in curved)
    assert bends[0] < ends[0] < height / 2 < ends[1] < bends[1]
    assert {"9.00", "8.00"} <= set(words(svg))


@pytest.mark.parametrize(
    ("left", "hidden", "right", "skip"),
    [
        *itertools.product((1, 2, 5), (1, 3, 12), (1, 2, 10), (False, True)),
        (8, 4096, 1, False),
        (64, 64, 64, True),
    ],
)
def test_any_shape_is_drawn_within_its_frame(
    left: int, hidden: int, right: int, skip: bool
) -> None:
    svg = network_diagram(weights_of(Network(left, hidden, right, skip)))
    root = ElementTree.fromstring(svg)
    width, height = (float(root.attrib[side]) for side in ("width", "height"))
    circles = list(root.iter(f"{SVG}circle"))
    shown = [size if size <= MOST_UNITS else MOST_UNITS - 1 for size in (left, hidden, right)]
    assert len(circles) == sum(shown)
    for circle in circles:
        x, y, r = (float(circle.attrib[key]) for key in ("cx", "cy", "r"))
        assert r < x < width - r
        assert r < y < height - r
    for element in root.iter(f"{SVG}text"):
        assert 0 < float(element.attrib["y"]) < height
    between = shown[0] * shown[1] + shown[1] * shown[2] + (shown[0] * shown[2] if skip else 0)
    assert len(lines(svg)) == between
    assert len(svg) < 80_000


def test_of_large_layers_the_rest_is_counted() -> None:
    assert "and 4,085 more" in words(network_diagram(weights_of(Network(2, 4096, 1))))
    assert not any(
        "more" in word for word in words(network_diagram(weights_of(Network(10, 5, 10))))
    )


def test_two_networks_can_be_drawn_alike() -> None:
    small, large = (weights_of(Network(2, 2, 1), value) for value in (1, 2))
    scale = largest_weight(small, large)
    assert scale == 2
    width = {name: w for name, (w, _) in lines(network_diagram(small, scale)).items()}
    assert all(w < 4.5 for w in width.values())
    assert network_diagram(small) != network_diagram(small, scale)
    assert largest_weight(weights_of(Network(2, 2, 1), 0)) == 1


def test_non_finite_values_are_grey_and_dotted() -> None:
    values = [np.nan, np.inf, -np.inf, 1, np.nan, np.inf, 2, 3, 4]
    svg = network_diagram(weights_of(Network(2, 2, 1), values))
    found = lines(svg)
    assert "dasharray:1 3" in found["input 1 to hidden 1: not a number"][1]
    assert "dasharray:1 3" in found["input 2 to hidden 1: -infinite"][1]
    assert "nan" not in svg.replace("tabular-nums", "")
    assert max(width for width, _ in found.values()) == found["hidden 2 to output 1: 3.00"][0] > 5
    assert "bias not a number" not in words(svg)


def test_a_reader_who_cannot_see_it_hears_the_weights_or_their_range() -> None:
    spoken = describe_network(weights_of(Network(2, 2, 1), np.arange(1, 10) / 4))
    assert spoken.startswith("Network of 2 inputs, 2 hidden units and 1 output. ")
    assert "input 2 to hidden 1 0.750" in spoken
    assert "bias of output 1 2.25" in spoken
    many = weights_of(Network(10, 5, 10), np.linspace(-2, 3, 115))
    assert describe_network(many).endswith("115 weights and biases from -2.00 to 3.00.")
    lost = weights_of(Network(10, 5, 10), np.nan)
    assert describe_network(lost).endswith("115 weights and biases, 115 of them not finite.")
    assert "with direct connections" in describe_network(weights_of(Network(2, 1, 1, skip=True)))


def test_the_picture_is_read_out_as_described() -> None:
    weights = weights_of(Network(3, 2, 1))
    root = ElementTree.fromstring(network_diagram(weights))
    assert root.attrib["aria-label"] == describe_network(weights)
