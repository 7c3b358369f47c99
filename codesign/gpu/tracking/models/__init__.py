"""The networks of the tracking pipeline in PyTorch."""
