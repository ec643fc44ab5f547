"""Prices: the panel, the contract that a table must satisfy, and the sources they come from."""
