"""The layers of Keras and QKeras, one function for each."""
