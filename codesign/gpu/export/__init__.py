"""Networks on sets of rows as stock ONNX, which every runtime computes alike."""
