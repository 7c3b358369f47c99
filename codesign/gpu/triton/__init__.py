"""Inference as a service: model repositories for Triton, its server started, clients, and load to measure it with."""
