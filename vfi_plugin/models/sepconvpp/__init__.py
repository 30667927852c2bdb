"""SepConv++: revisiting adaptive convolutions for video frame interpolation (WACV 2021)."""
