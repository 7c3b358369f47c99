"""What can be proved or estimated of a network or design, without changing it."""
