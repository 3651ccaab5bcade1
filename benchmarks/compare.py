"""The same work by every peer, in turn, several times over; ratios are taken within each turn."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from statistics import median

import numpy as np

from benchmarks.peers import PEERS, NotInstalledError, Peer, Train

HIDDEN = (2, 4, 8)
AGREEMENT = 1e-6
"""How close a peer that does the same work has to come to the reference after 200 epochs."""


@dataclass(frozen=True)
class Comparison:
    """Seconds per net-epoch by peer and hidden size, a number per turn; the peers not measured."""

    seconds: dict[tuple[str, int], list[float]]
    not_measured: dict[str, str]

    @property
    def peers(self) -> list[Peer]:
        """Return the peers that took part."""
        return [peer for peer in PEERS if (peer.name, HIDDEN[0]) in self.seconds]

    def nanoseconds(self, peer: str, hidden: int) -> float:
        """Return the median time of an epoch of one network."""
        return 1e9 * median(self.seconds[peer, hidden])

    def ratios(self, peer: str, other: str, hidden: int) -> list[float]:
        """Return how many times as long as another a peer takes, ascending."""
        pairs = zip(self.seconds[peer, hidden], self.seconds[other, hidden], strict=True)
        return sorted(mine / theirs for mine, theirs in pairs)


def compare(turns: int, share: float, say: Callable[[str], None]) -> Comparison:
    """Return how long everyone takes; `share` of the usual work is given to each."""
    ready, not_measured = _ready(say)
    found: dict[tuple[str, int], list[float]] = {}
    for hidden in HIDDEN:
        for turn in range(turns):
            say(f"2-{hidden}-1, turn {turn + 1} of {turns}")
            for peer, train in ready:
                epochs = max(1, int(share * peer.epochs))
                _, seconds = train(_initial(hidden, peer.networks), hidden, epochs)
                each = seconds / (peer.networks * epochs)
                found.setdefault((peer.name, hidden), []).append(each)
    return Comparison(found, not_measured)


def _ready(say: Callable[[str], None]) -> tuple[list[tuple[Peer, Train]], dict[str, str]]:
    """Return the peers that are installed, seen to do the same work, and why others aren't."""
    ready, not_measured = [], {}
    for peer in PEERS:
        try:
            train = peer.load()
            for hidden in HIDDEN:
                _check(peer, train, hidden)
        except NotInstalledError as error:
            not_measured[peer.name] = str(error)
            say(f"{peer.name}: not measured, {error}")
        else:
            ready.append((peer, train))
    return ready, not_measured


def _check(peer: Peer, train: Train, hidden: int) -> None:
    """Train a little; raise AssertionError where a peer doesn't end as the reference does."""
    from benchmarks.peers.numpy_engine import train as reference

    initial = _initial(hidden, min(peer.networks, 64))
    found, _ = train(initial, hidden, 200)
    if np.isnan(found).any():
        return  # it has weights of its own, and the peer's note says so
    off = np.abs(found - reference(initial, hidden, 200)[0]).max()
    assert off < AGREEMENT, f"{peer.name} ends {off:.1e} off"


def _initial(hidden: int, networks: int) -> np.ndarray:
    return np.random.default_rng(0).uniform(size=(4 * hidden + 1, networks))
