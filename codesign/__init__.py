"""codesign: a trained, quantized network in, verified hardware out."""
