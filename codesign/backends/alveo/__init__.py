"""The folder `alveo/` of a project: what v++ needs to build the kernel for a card."""
