"""Clusters in calorimeters: generated showers, algorithms that find them, and how well they do."""
