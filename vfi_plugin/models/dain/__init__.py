"""DAIN: flow projected with the nearest surface in front, pixels read through learned 4 x 4 kernels."""
