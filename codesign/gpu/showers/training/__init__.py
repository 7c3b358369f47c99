"""Training of SPVCNN on generated showers."""
