#include <cmath>

#include "parallel.h"
#include "warp.h"

namespace vfi {
namespace {

void splat_plane(const float* image, const float* u, const float* v, float* out, long h, long w) {
    for (long y = 0; y < h; ++y) {
        for (long x = 0; x < w; ++x) {
            const long at = y * w + x;
            const float px = static_cast<float>(x) + u[at], py = static_cast<float>(y) + v[at];
            // The comparisons are false for NaN, so positions that are not finite are dropped here too.
            if (!(px > -1.0f && px < static_cast<float>(w) && py > -1.0f && py < static_cast<float>(h))) continue;
            const float left = std::floor(px), top = std::floor(py);
            const float fx = px - left, fy = py - top, value = image[at];
            const long x0 = static_cast<long>(left), y0 = static_cast<long>(top);
            const bool in_left = x0 >= 0, in_right = x0 + 1 < w;
            float* target = out + y0 * w + x0;
            if (y0 >= 0) {
                if (in_left) target[0] += (1.0f - fy) * (1.0f - fx) * value;
                if (in_right) target[1] += (1.0f - fy) * fx * value;
            }
            if (y0 + 1 < h) {
                if (in_left) target[w] += fy * (1.0f - fx) * value;
                if (in_right) target[w + 1] += fy * fx * value;
            }
        }
    }
}

}  // namespace

void splat_sum(const float* image, const float* flow, float* out, const Shape& s, int threads) {
    parallel_for(s.n * s.c, threads, [&](long begin, long end) {
        for (long plane = begin; plane < end; ++plane) {
            const float* u = flow + (plane / s.c) * 2 * s.plane();
            const long at = plane * s.plane();
            splat_plane(image + at, u, u + s.plane(), out + at, s.h, s.w);
        }
    });
}

}  // namespace vfi
