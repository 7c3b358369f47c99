"""A design behind memory ports: a kernel that an Alveo card or a Zynq starts with a batch of samples."""
