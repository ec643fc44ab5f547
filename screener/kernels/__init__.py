"""Compiled loops over (n_days, n_assets) arrays: numba and numpy only, no checks, no pandas.

Importing one kernel imports them all, here, while numba's cache points at a folder of our own (`_cache`);
``from screener.kernels.rolling import rolling_mean_nb`` cannot get round it: Python imports a package first.
"""

from importlib import import_module

from screener.kernels._cache import kernel_cache, kernel_names

with kernel_cache():
    for _name in kernel_names():
        import_module(f"{__name__}.{_name}")
