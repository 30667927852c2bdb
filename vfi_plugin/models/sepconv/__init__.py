"""SepConv: video frame interpolation via adaptive separable convolution (ICCV 2017)."""
