"""Networks as nodes of Nuke's Cattery: TorchScript by the Inference node's contract, and the gizmo around it."""
