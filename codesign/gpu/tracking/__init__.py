"""Track finding: events, graphs of hits, labels, metrics, and the learned pipeline."""
