"""Live data: what outside sources say, fetched politely and checked before anything is kept.

`transport` guards every request, `base` says what a source offers, `akshare_*` and `baostock` are the
sources, and `accept` decides which rows may enter a store.
"""
