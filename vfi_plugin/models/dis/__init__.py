"""The weight-free classic: dense inverse search flow in both directions, projected to the time wanted."""
