"""Deep Voxel Flow: one straight motion and one mask for a pair, between its frames and past them."""
