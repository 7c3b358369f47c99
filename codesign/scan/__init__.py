"""Precision scans (`run.scan`): how few bits, and how little of a chip, for how much of a metric; and training with
quantizers in the loop (`qat`). Either needs an extra of its own, so nothing is imported here."""
