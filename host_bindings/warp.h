// Backward and forward warps of planar float images; plain C++, no Python.
//
// Conventions: NCHW, float32, x right and y down in pixels, pixel centres at integers; flow channel 0 is x, 1 is y.
#pragma once

namespace vfi {

struct Shape {
    long n, c, h, w;
    long plane() const { return h * w; }
};

enum class Border { clamp, zero };
enum class Taps { linear, cubic };

// out[n, c, y, x] = image[n, c] at (x + flow[n, 0, y, x], y + flow[n, 1, y, x]).
//
// linear: the four neighbours, bilinear weights.
// cubic:  Catmull-Rom over 4x4 neighbours, then held inside the range of the nearest four, so that it sharpens
//         but never goes beyond what was there (no ringing around a highlight of 3000).
// clamp:  positions are clamped to the image, as if its edge went on. zero: what lies outside counts as 0.
// A tap of weight 0 adds nothing, not even Inf or NaN; a position that is not finite gives NaN.
void warp(const float* image, const float* flow, float* out, const Shape& shape, Border border, Taps taps, int threads);

// Forward warp: adds image[n, c, y, x] times its bilinear share to the four pixels around
// (x + flow[n, 0, y, x], y + flow[n, 1, y, x]) of out, which the caller has zeroed. What falls outside is dropped, and
// so are positions that are not finite. Each plane is summed by one thread in reading order: the same bits in every
// run.
void splat_sum(const float* image, const float* flow, float* out, const Shape& shape, int threads);

}  // namespace vfi
