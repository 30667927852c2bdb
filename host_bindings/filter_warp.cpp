#include "filter_taps.h"
#include "levels.h"
#include "parallel.h"

namespace vfi {
namespace VFI_LEVEL {
namespace {

// Four rows of four pixels times their weights: the published size, a vector a row.
inline float filter_four(const float* window, long stride, const float* weights) {
    const Quad sum = load_quad(weights) * load_quad(window) + load_quad(weights + 4) * load_quad(window + stride) +
                     load_quad(weights + 8) * load_quad(window + 2 * stride) +
                     load_quad(weights + 12) * load_quad(window + 3 * stride);
    return (sum[0] + sum[1]) + (sum[2] + sum[3]);
}

inline float tap_value(const Tensor& image, long n, long c, const Taps& taps, long x, long k) {
    const long row = std::clamp(taps.first_row(x) + k / taps.side, 0L, image.h() - 1);
    const long column = std::clamp(taps.first_column(x) + k % taps.side, 0L, image.w() - 1);
    return value_at(image, image.offset(n, c, row, column));
}

float filter_any(const Tensor& image, long n, long c, const Taps& taps, long x) {
    const float* weights = taps.weight.data() + x * taps.count;
    if (taps.side == 4) {  // summed in the same order as inside the frame: one order for every place and type
        float window[16];
        for (long k = 0; k < 16; ++k) window[k] = tap_value(image, n, c, taps, x, k);
        return filter_four(window, 4, weights);
    }
    float sum = 0.0f;
    for (long k = 0; k < taps.count; ++k) sum += weights[k] * tap_value(image, n, c, taps, x, k);
    return sum;
}

void filter_row(const Tensor& image, long n, long c, long y, const Taps& taps, float* target) {
    const bool simple = taps.side == 4 && image.rows_are_floats();
    for (long x = 0; x < taps.w; ++x) {
        if (!taps.p.valid[x]) {
            target[x] = value_at(image, image.offset(n, c, y, x));
        } else if (simple && taps.is_inside(x, image)) {
            const float* window = image.floats(n, c, taps.first_row(x)) + taps.first_column(x);
            target[x] = filter_four(window, image.stride[2], taps.weight.data() + x * 16);
        } else {
            target[x] = filter_any(image, n, c, taps, x);
        }
    }
}

}  // namespace

void filter_warp(const Tensor& image, const Tensor& flow, const Tensor& kernels, const Tensor& out, int threads) {
    const long h = image.h(), w = image.w(), side = side_of(kernels);
    parallel_for(image.n() * h, w * side * side * (2 + image.c()), threads, [&](long begin, long end) {
        Taps taps(w, side);
        Buffer row(w);
        for (long line = begin; line < end; ++line) {
            const long n = line / h, y = line % h;
            taps.read(flow, kernels, n, y, row);
            for (long c = 0; c < image.c(); ++c) {
                filter_row(image, n, c, y, taps, row);
                write_row(out, n, c, y, 0, w, row);
            }
        }
    });
}

}  // namespace VFI_LEVEL
}  // namespace vfi
