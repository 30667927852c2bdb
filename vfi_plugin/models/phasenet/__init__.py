"""PhaseNet: the phases and amplitudes of the frame in the middle, predicted level by level."""
