"""Rewrites of the network and of the design, one per file."""
