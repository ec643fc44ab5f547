"""What a reader gets: the page, the sentences, the tables, and a vectorbt portfolio."""
