"""The quantizers of QKeras 0.9: what they make of weights, and of what flows.

QKeras returns x + (q - x), so that gradients pass; the meaning is q. Weights are quantized here in float32 wherever
that decides a code or a scale (float32.py). Streams are quantized by exact layers: QKeras rounds half to even, and so
do they; TensorFlow's float32 may fall to the other side of a threshold that a sum lies next to.
"""
