#include "levels.h"
#include "parallel.h"
#include "rows.h"

namespace vfi {
namespace VFI_LEVEL {
namespace {

// Gradient of one of the two maps in one row: the sum over displacements d of gradient[d] times the other map.
// sign 1: of a, which met b at +d; sign -1: of b, which met a at -d, where the gradient was taken too.
struct Side {
    const Tensor& other;
    const Tensor& target;
    long sign;
};

void gradient_row(const Tensor& gradient, const Side& side, long n, long y, long radius) {
    const long w = gradient.w(), span = 2 * radius + 1, channels = side.other.c();
    const float scale = 1.0f / static_cast<float>(channels);
    Buffer values(w), parts(w), total(channels * w);
    for (long d = 0; d < span * span; ++d) {
        const long dy = side.sign * (d / span - radius), dx = side.sign * (d % span - radius);
        if (y + dy < 0 || y + dy >= gradient.h()) continue;
        const bool of_a = side.sign > 0;
        read_row_zero(gradient, n, d, of_a ? y : y + dy, of_a ? 0 : dx, w, parts);
        for (long c = 0; c < channels; ++c) {
            read_row_zero(side.other, n, c, y + dy, dx, w, values);
            float* sums = total + c * w;
            for (long x = 0; x < w; ++x) sums[x] += scale * parts[x] * values[x];
        }
    }
    for (long c = 0; c < channels; ++c) write_row(side.target, n, c, y, 0, w, total + c * w);
}

}  // namespace

void correlation_backward(const Tensor& gradient, const Tensor& a, const Tensor& b, const Tensor* a_gradient,
                          const Tensor* b_gradient, long radius, int threads) {
    const long h = a.h();
    parallel_for(a.n() * h, a.w() * a.c() * gradient.c() / 4, threads, [&](long begin, long end) {
        for (long line = begin; line < end; ++line) {
            if (a_gradient) gradient_row(gradient, {b, *a_gradient, 1}, line / h, line % h, radius);
            if (b_gradient) gradient_row(gradient, {a, *b_gradient, -1}, line / h, line % h, radius);
        }
    });
}

}  // namespace VFI_LEVEL
}  // namespace vfi
