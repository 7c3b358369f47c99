"""The area of processes by logic synthesis: Yosys, run within limits, its results kept by content."""
