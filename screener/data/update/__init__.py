"""Keeping a store up to date: what is due, asked politely, judged by the contract, committed in batches.

`clock` says how often each kind is asked, `market` fetches what all shares have in common, `share` one share,
`capex` the driver, and `run` ties them together into a `Summary`.
"""
