// The adaptive warp's window of pixels and what each of them weighs.
#pragma once

#include "positions.h"

namespace vfi {
namespace {

inline long side_of(const Tensor& kernels) {
    long side = 2;
    while (side * side < kernels.c()) side += 2;
    return side;
}

inline float value_at(const Tensor& t, long place) {
    return t.storage == Storage::float32 ? static_cast<const float*>(t.data)[place]
                                         : float_of_half(static_cast<const std::uint16_t*>(t.data)[place]);
}

// One row: where its pixels lead, the kernels as they are, and each tap's value times its quadrant's bilinear share.
struct Taps {
    Positions p;
    std::vector<float> kernel, weight;  // (w, side * side): all of one pixel together
    long w, side, count;

    Taps(long width, long kernel_side)
        : p(width),
          kernel(width * kernel_side * kernel_side),
          weight(kernel.size()),
          w(width),
          side(kernel_side),
          count(kernel_side * kernel_side) {}

    float share_x(long x, long i) const { return i < side / 2 ? 1.0f - p.fx[x] : p.fx[x]; }
    float share_y(long x, long j) const { return j < side / 2 ? 1.0f - p.fy[x] : p.fy[x]; }

    // The window's first pixel; it may lie outside.
    long first_row(long x) const { return p.top[x] + 1 - side / 2; }
    long first_column(long x) const { return p.left[x] + 1 - side / 2; }
    bool is_inside(long x, const Tensor& image) const {
        return first_row(x) >= 0 && first_column(x) >= 0 && first_row(x) + side <= image.h() &&
               first_column(x) + side <= image.w();
    }

    void read(const Tensor& flow, const Tensor& kernels, long n, long y, float* row) {
        p.to_inside(flow, n, y, 0.5f * static_cast<float>(flow.w()), 0.5f * static_cast<float>(flow.h()));
        for (long k = 0; k < count; ++k) {
            read_row(kernels, n, k, y, 0, w, row);
            for (long x = 0; x < w; ++x) {
                kernel[x * count + k] = row[x];
                weight[x * count + k] = row[x] * (share_y(x, k / side) * share_x(x, k % side));
            }
        }
    }
};

}  // namespace
}  // namespace vfi
