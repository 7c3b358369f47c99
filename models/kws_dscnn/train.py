"""Trains the keyword-spotting network on generated words and exports it as QONNX.

    python -m models.kws_dscnn.train            # from the root of the checkout, with the `train` extra

Everything is seeded; on one machine and one thread a rerun gives the same file.
"""

from pathlib import Path

from models.classifier import Classifier
from models.kws_dscnn.generate import utterances
from models.kws_dscnn.network import network

KWS = Classifier("kws_dscnn", network, utterances, seeds=(4001, 4002, 4003), training=5000, epochs=(4, 3))

if __name__ == "__main__":
    KWS.main(Path(__file__).parent)
