"""The folding of a whole network as an integer program: its pieces, the program, the solver and the search."""
