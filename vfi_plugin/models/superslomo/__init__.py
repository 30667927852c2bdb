"""Super SloMo: flow in both directions, brought to any time and refined there, with soft visibility."""
