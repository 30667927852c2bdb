"""BiPN: paints all frames between two at once, from what an encoder sees of either end."""
