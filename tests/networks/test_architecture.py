"""Where each weight sits in a network's column of parameters."""

import numpy as np
import pytest

from xorsweep.networks.architecture import Network

NETWORKS = [Network(2, 2, 1), Network(2, 1, 1, skip=True), Network(3, 5, 4), Network(4, 2, 3, True)]


@pytest.mark.parametrize(("network", "size"), list(zip(NETWORKS, [9, 7, 44, 31], strict=True)))
def test_a_network_has_a_weight_a_link_and_a_bias_a_unit(network: Network, size: int) -> None:
    assert network.size == size


@pytest.mark.parametrize("network", NETWORKS)
def test_the_views_are_the_parameters_in_order_and_each_once(network: Network) -> None:
    parameters = np.arange(network.size * 3.0).reshape(network.size, 3)
    views = network.views(parameters)
    direct = network.inputs if network.skip else 0
    assert views.w1.shape == (network.inputs, network.hidden, 3)
    assert views.b1.shape == (network.hidden, 3)
    assert views.w2.shape == (network.hidden, network.outputs, 3)
    assert views.b2.shape == (network.outputs, 3)
    assert views.direct.shape == (direct, network.outputs, 3)
    np.testing.assert_array_equal(
        np.concatenate([view.reshape(-1, 3) for view in views]), parameters
    )


@pytest.mark.parametrize("network", NETWORKS)
def test_to_write_into_a_view_is_to_write_into_the_parameters(network: Network) -> None:
    parameters = np.zeros((network.size, 2))
    for number, view in enumerate(network.views(parameters), start=1):
        view[...] = number
    found = parameters[:, 0].tolist()
    assert found == sorted(found)
    assert 0.0 not in found
