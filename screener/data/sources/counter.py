"""Random numbers that are the same everywhere: the n-th draw of a named stream, by integer arithmetic.

The generator is splitmix64 used as a counter: draw n of a stream is the finaliser applied to
key + (n + 1) x 0x9E3779B97F4A7C15 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators",
OOPSLA 2014). A stream's key comes from its name, so that adding a share changes no other share. No library
generator is used, because those promise no stable stream across versions, and no logarithm, exponential or
sine, because those differ in the last bit between machines. What follows is exact integer arithmetic and
single IEEE operations.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from screener.arrays import Matrix

__all__ = ["draws", "keys", "normals", "uniforms"]

Words = npt.NDArray[np.uint64]

GOLDEN = np.uint64(0x9E3779B97F4A7C15)
FNV_OFFSET, FNV_PRIME, WORD = 0xCBF29CE484222325, 0x100000001B3, (1 << 64) - 1


def keys(seed: int, names: Sequence[str]) -> Words:
    """Return the key of each named stream: FNV-1a over the seed and the UTF-8 name, then mixed."""
    return _mix(np.array([_fnv(f"{seed}/{name}") for name in names], dtype=np.uint64))


def draws(key: Words, n: int, first: int = 0) -> Words:
    """Return draws `first` .. `first` + n - 1 of each stream, (n, n_streams) 64-bit words.

    Examples
    --------
    >>> [int(word) for word in draws(np.array([1234567], dtype=np.uint64), 2)[:, 0]]
    [6457827717110365317, 3203168211198807973]
    """
    counter = np.arange(first + 1, first + n + 1, dtype=np.uint64)[:, None]
    return _mix(key[None, :] + counter * GOLDEN)


def uniforms(key: Words, n: int) -> Matrix:
    """Return (n, n_streams) numbers in [0, 1) with 53 random bits."""
    return (draws(key, n) >> np.uint64(11)).astype(np.float64) * 2.0**-53


def normals(key: Words, n: int) -> Matrix:
    """Return (n, n_streams) nearly normal numbers of mean 0 and variance 1, all within 6.

    Notes
    -----
    The sum of twelve uniforms of 16 bits less 6: three words give the twelve. The sum is taken in integers,
    so that its order cannot matter. Tails are thinner than those of a normal.
    """
    words = draws(key, 3 * n).reshape(n, 3, len(key))
    total = np.zeros((n, len(key)), dtype=np.int64)
    for word in range(3):
        for shift in (0, 16, 32, 48):
            total += ((words[:, word] >> np.uint64(shift)) & np.uint64(0xFFFF)).astype(np.int64)
    return (2 * total - 12 * 65_535).astype(np.float64) * 2.0**-17


def _mix(words: Words) -> Words:
    """Apply the finaliser of splitmix64; arithmetic of arrays wraps at 64 bits."""
    words = (words ^ (words >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    words = (words ^ (words >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return words ^ (words >> np.uint64(31))


def _fnv(text: str) -> int:
    word = FNV_OFFSET
    for byte in text.encode("utf-8"):
        word = ((word ^ byte) * FNV_PRIME) & WORD
    return word
