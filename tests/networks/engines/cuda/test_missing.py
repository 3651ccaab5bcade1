"""The messages where the engine for GPUs can't be used."""

import sys

import pytest

from xorsweep.errors import ConfigError
from xorsweep.networks.engines import Engine


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "numba_cuda", None)
    wanted = r"^engine=cuda: numba-cuda isn't installed; pip install 'xorsweep\[cuda\]', or "
    with pytest.raises(ConfigError, match=wanted):
        Engine("cuda").check()


@pytest.mark.slow
def test_a_missing_gpu_is_reported_in_one_line() -> None:
    pytest.importorskip("numba_cuda")
    from numba import cuda

    if cuda.is_available():
        pytest.skip("there is a GPU")
    wanted = (
        r"^engine=cuda: (there is no NVIDIA driver here|the NVIDIA driver finds no GPU); "
        r"engine=numba needs no GPU$"
    )
    with pytest.raises(ConfigError, match=wanted):
        Engine("cuda").check()
