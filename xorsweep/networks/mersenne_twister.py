"""The first draws of NumPy's RandomState for many seeds, without a generator for each.

M. Matsumoto and T. Nishimura, "Mersenne twister: a 623-dimensionally equidistributed uniform
pseudo-random number generator", ACM TOMACS 8 (1998), seeded as in their mt19937ar.c of 2002.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from xorsweep.fields import FloatArray

Array = NDArray[Any]

SHIFT = 397
"""How far ahead of the word that it replaces is the one that the twist adds to it."""
FEWEST_SEEDS, MOST_DRAWS = 512, 64
"""Fewer seeds, or more draws, are faster with a generator for each. From (624 - SHIFT) // 2 draws
on, of two words each, the twist would need words that it has made."""
AT_ONCE = 2**12
"""Seeds whose words fit the cache."""


def uniform_draws(seeds: Array, count: int) -> FloatArray:
    """Return the first draws of RandomState(seed).random_sample (count, len(seeds)), float64.

    Seeds are any uint32, and `count` is at most MOST_DRAWS.
    """
    drawn = np.empty((count, len(seeds)))
    for start in range(0, len(seeds), AT_ONCE):
        some = slice(start, start + AT_ONCE)
        drawn[:, some] = _draws(seeds[some], count)
    return drawn


def _draws(seeds: Array, count: int) -> FloatArray:
    """Return draws of 53 bits, 27 of one word and 26 of the next."""
    # Word i of the next state is made of the words i, i + 1 and i + SHIFT.
    words = _tempered(_twisted(_initial_words(seeds, SHIFT + 2 * count), 2 * count))
    high, low = words[0::2] >> 5, words[1::2] >> 6
    found: FloatArray = (high * 2.0**26 + low) / 2.0**53
    return found


def _initial_words(seeds: Array, count: int) -> Array:
    """Return the first words of the state that each seed starts with (count, n), uint32."""
    words = np.empty((count, len(seeds)), np.uint32)
    words[0] = seeds
    # As uint32, so that products wrap around at 2**32 as they do in C.
    shift, multiplier = (np.array(number, np.uint32) for number in (30, 1812433253))
    for i in range(1, count):
        last, word = words[i - 1], words[i]
        np.right_shift(last, shift, word)
        np.bitwise_xor(word, last, word)
        np.multiply(word, multiplier, word)
        np.add(word, np.uint32(i), word)
    return words


def _twisted(words: Array, count: int) -> Array:
    """Return the first words of the next state (count, n)."""
    # The highest bit of a word, and the others of the next one.
    joined = (words[:count] & 0x80000000) | (words[1 : count + 1] & 0x7FFFFFFF)
    odd: Array = (joined & 1) * np.uint32(0x9908B0DF)
    found: Array = words[SHIFT : SHIFT + count] ^ (joined >> 1) ^ odd
    return found


def _tempered(words: Array) -> Array:
    words = words ^ (words >> 11)
    words = words ^ ((words << 7) & 0x9D2C5680)
    words = words ^ ((words << 15) & 0xEFC60000)
    tempered: Array = words ^ (words >> 18)
    return tempered
