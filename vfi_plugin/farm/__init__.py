"""Job descriptions for the engines that render farms have, and the check that all frames of a job are there."""
