"""What each network is trained to do, one file a network: the losses of its paper."""
