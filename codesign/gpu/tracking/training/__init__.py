"""Training of the tracking pipeline, stage by stage."""
