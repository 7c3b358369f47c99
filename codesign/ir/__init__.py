"""The intermediate representation: exact numbers, the network level and the design level."""
