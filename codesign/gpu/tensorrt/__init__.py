"""Networks for TensorRT: profiles, commands and scripts that build engines, and a gate that tries it without a card."""
