"""The reports of the vendor's tools, read back: one reader for each layout."""
