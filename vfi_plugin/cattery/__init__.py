"""Networks as nodes of Nuke's Cattery: TorchScript that keeps the Inference node's contract, and the gizmo around it."""
