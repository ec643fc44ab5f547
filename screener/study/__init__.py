"""Studies: rules side by side, what chance would have made of them, and how sure a difference is."""
