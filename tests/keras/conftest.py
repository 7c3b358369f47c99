"""What TensorFlow must find in its environment before it is imported."""

import os

os.environ.setdefault("TF_USE_LEGACY_KERAS", "1")  # QKeras is written for Keras 2
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")
