"""What a person reads about a compiled network."""
