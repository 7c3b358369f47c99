"""SPVCNN: the sparse point-voxel network for clouds of calorimeter cells, on voxels in numpy and in PyTorch.

`voxels`, `kernel_maps`, `devoxelize` and `tables` say which rows the network reads; `reference` what its operations
mean on dense grids; `model` and `loss` are the PyTorch side.
"""
