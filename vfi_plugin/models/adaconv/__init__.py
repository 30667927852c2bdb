"""AdaConv: video frame interpolation via adaptive convolution (CVPR 2017)."""
