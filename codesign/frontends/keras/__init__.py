"""Reading of Keras and QKeras files (.h5, .hdf5, .keras) without TensorFlow: h5py for the weights, JSON for the rest.

`container` holds what the file holds, `topology` the order of its layers, `quantizers` and `spelling` what QKeras'
quantizers mean, `layers` one function for each layer, and `reader` makes the network of them.
"""
