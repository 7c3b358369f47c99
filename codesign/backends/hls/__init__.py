"""The HLS C++ back end: kernels become instances of the templates in hls/codesign/."""
