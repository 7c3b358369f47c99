"""Trains the residual network on generated pictures and exports it as QONNX.

    python -m models.resnet.train            # from the root of the checkout, with the `train` extra

Everything is seeded; on one machine and one thread a rerun gives the same file.
"""

from pathlib import Path

from models.classifier import Classifier
from models.resnet.generate import pictures
from models.resnet.network import network

RESNET = Classifier("resnet", network, pictures, seeds=(3001, 3002, 3003), training=5000, epochs=(5, 2))

if __name__ == "__main__":
    RESNET.main(Path(__file__).parent)
