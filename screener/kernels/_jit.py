"""How the matching loop is compiled.

Division as in numpy, for a function that cannot raise lets the compiler drop the counting of references
around its arrays. Functions that the loop passes through every trading day are compiled into it, for a call
that hands over a market of arrays costs as much as an order. Measured on 1,500 days x 40 stocks: 0.89 ms as
separate functions, 0.82 with numpy's division, 0.63 with both.
"""

from __future__ import annotations

from numba import njit

__all__ = ["inlined", "kernel"]

kernel = njit(cache=True, error_model="numpy")
inlined = njit(cache=True, error_model="numpy", inline="always")
