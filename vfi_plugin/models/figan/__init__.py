"""FIGAN: a flow and a mask refined over three scales, then a correction of the frame that they give."""
