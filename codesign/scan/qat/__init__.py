"""Training with quantizers in the loop: a network described in YAML, trained with Brevitas, exported as QONNX.

`description` is the YAML, `network` the torch module made of it, `fit` the training loop, `train` the way from data to
file. Torch and Brevitas come with the `train` extra and are imported by the modules that need them only.
"""
