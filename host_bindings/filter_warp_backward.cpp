#include "filter_taps.h"
#include "levels.h"
#include "parallel.h"

namespace vfi {
namespace VFI_LEVEL {
namespace {

// One plane's gradient, added up in reading order by one thread: the same bits in every run.
void image_gradient_plane(const Tensor& gradient, const Tensor& flow, const Tensor& kernels, const Tensor& target,
                          long n, long c) {
    const long h = target.h(), w = target.w();
    Taps taps(w, side_of(kernels));
    PlaneSum total(target, n, c);
    Buffer row(w);
    for (long y = 0; y < h; ++y) {
        taps.read(flow, kernels, n, y, row);
        read_row(gradient, n, c, y, 0, w, row);
        for (long x = 0; x < w; ++x) {
            if (!taps.p.valid[x]) {
                total.row(y)[x] += row[x];
                continue;
            }
            for (long k = 0; k < taps.count; ++k) {
                const long to_y = std::clamp(taps.first_row(x) + k / taps.side, 0L, h - 1);
                const long to_x = std::clamp(taps.first_column(x) + k % taps.side, 0L, w - 1);
                total.row(to_y)[to_x] += row[x] * taps.weight[x * taps.count + k];
            }
        }
    }
    total.finish();
}

// For every tap of one pixel the sum over channels of gradient times image: what both other gradients are made of.
void sum_over_channels(const Tensor& image, const float* gradients, long n, const Taps& taps, long x, float* sums) {
    std::fill(sums, sums + taps.count, 0.0f);
    for (long k = 0; k < taps.count; ++k) {
        const long row = std::clamp(taps.first_row(x) + k / taps.side, 0L, image.h() - 1);
        const long column = std::clamp(taps.first_column(x) + k % taps.side, 0L, image.w() - 1);
        const long place = image.offset(n, 0, row, column);
        for (long c = 0; c < image.c(); ++c) {
            sums[k] += gradients[c * taps.w + x] * value_at(image, place + c * image.stride[1]);
        }
    }
}

struct Along {
    float x = 0.0f, y = 0.0f;
};

// The shares differ from quadrant to quadrant only, and each changes by plus or minus one with its coordinate.
Along flow_gradient_pixel(const Taps& taps, long x, const float* sums) {
    Along along;
    const long half = taps.side / 2;
    for (long k = 0; k < taps.count; ++k) {
        const long j = k / taps.side, i = k % taps.side;
        const float part = sums[k] * taps.kernel[x * taps.count + k];
        along.x += (i < half ? -part : part) * taps.share_y(x, j);
        along.y += (j < half ? -part : part) * taps.share_x(x, i);
    }
    return along;
}

struct Targets {
    const Tensor *flow, *kernels;
};

void other_gradients_row(const Tensor& gradient, const Tensor& image, long n, long y, Taps& taps, Buffer& gradients,
                         const Targets& targets) {
    const long w = taps.w;
    for (long c = 0; c < image.c(); ++c) read_row(gradient, n, c, y, 0, w, gradients + c * w);
    Buffer du(w), dv(w), dk(taps.count * w);
    std::vector<float> sums(taps.count);
    for (long x = 0; x < w; ++x) {
        if (!taps.p.valid[x]) continue;
        sum_over_channels(image, gradients, n, taps, x, sums.data());
        const Along along = flow_gradient_pixel(taps, x, sums.data());
        du[x] = along.x, dv[x] = along.y;
        for (long k = 0; k < taps.count; ++k) {
            dk[k * w + x] = sums[k] * (taps.share_y(x, k / taps.side) * taps.share_x(x, k % taps.side));
        }
    }
    if (targets.flow) write_row(*targets.flow, n, 0, y, 0, w, du), write_row(*targets.flow, n, 1, y, 0, w, dv);
    if (!targets.kernels) return;
    for (long k = 0; k < taps.count; ++k) write_row(*targets.kernels, n, k, y, 0, w, dk + k * w);
}

}  // namespace

void filter_warp_backward(const Tensor& gradient, const Tensor& image, const Tensor& flow, const Tensor& kernels,
                          const Tensor* image_gradient, const Tensor* flow_gradient, const Tensor* kernel_gradient,
                          int threads) {
    const long h = image.h(), w = image.w(), side = side_of(kernels);
    if (image_gradient) {
        parallel_for(image.n() * image.c(), 4 * side * side * h * w, threads, [&](long begin, long end) {
            for (long at = begin; at < end; ++at) {
                image_gradient_plane(gradient, flow, kernels, *image_gradient, at / image.c(), at % image.c());
            }
        });
    }
    if (!flow_gradient && !kernel_gradient) return;
    parallel_for(image.n() * h, 4 * side * side * image.c() * w, threads, [&](long begin, long end) {
        Taps taps(w, side);
        Buffer row(w), gradients(image.c() * w);
        for (long line = begin; line < end; ++line) {
            const long n = line / h, y = line % h;
            taps.read(flow, kernels, n, y, row);
            other_gradients_row(gradient, image, n, y, taps, gradients, {flow_gradient, kernel_gradient});
        }
    });
}

}  // namespace VFI_LEVEL
}  // namespace vfi
