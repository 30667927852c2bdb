#include "lanes.h"
#include "levels.h"
#include "parallel.h"
#include "rows.h"

namespace vfi {
namespace VFI_LEVEL {
namespace {

// One block of kLanes output pixels of one row: what its kernels' gradients need, as floats.
struct Block {
    long taps, channels, stride;
    Buffer image, gradient, vertical, horizontal, to_vertical, to_horizontal;

    Block(long k, long c)
        : taps(k),
          channels(c),
          stride((kLanes + k - 1 + kLanes) / kLanes * kLanes),
          image(k * c * stride),
          gradient(c * kLanes),
          vertical(k * kLanes),
          horizontal(k * kLanes),
          to_vertical(k * kLanes),
          to_horizontal(k * kLanes) {}

    void read(const Tensor& g, const Tensor& from, const Tensor& v, const Tensor& h, long n, long y, long x) {
        const long count = std::min(kLanes, v.w() - x);
        for (long c = 0; c < channels; ++c) {
            read_row(g, n, c, y, x, count, gradient + c * kLanes);
            for (long i = 0; i < taps; ++i) {
                read_row(from, n, c, y + i, x, count + taps - 1, image + (i * channels + c) * stride);
            }
        }
        for (long k = 0; k < taps; ++k) {
            read_row(v, n, k, y, x, count, vertical + k * kLanes);
            read_row(h, n, k, y, x, count, horizontal + k * kLanes);
        }
    }

    // With J[i, j] = sum over c of gradient[c] image[c, y + i, x + j]:
    // to_vertical[i] = sum_j horizontal[j] J[i, j], to_horizontal[j] = sum_i vertical[i] J[i, j].
    void work() {
        to_horizontal.clear();
        for (long i = 0; i < taps; ++i) {
            const Lanes down = load(vertical + i * kLanes);
            Lanes sum = {};
            for (long j = 0; j < taps; ++j) {
                Lanes joint = {};
                for (long c = 0; c < channels; ++c) {
                    joint += load(gradient + c * kLanes) * load(image + (i * channels + c) * stride + j);
                }
                sum += load(horizontal + j * kLanes) * joint;
                store(to_horizontal + j * kLanes, load(to_horizontal + j * kLanes) + down * joint);
            }
            store(to_vertical + i * kLanes, sum);
        }
    }
};

void write_kernels(const Tensor& t, long n, long y, long x, const float* values) {
    const long count = std::min(kLanes, t.w() - x);
    for (long k = 0; k < t.c(); ++k) write_row(t, n, k, y, x, count, values + k * kLanes);
}

void kernel_gradients(const Tensor& gradient, const Tensor& image, const Tensor& vertical, const Tensor& horizontal,
                      const Tensor* to_vertical, const Tensor* to_horizontal, int threads) {
    const long taps = vertical.c(), h = gradient.h(), w = gradient.w(), channels = gradient.c();
    parallel_for(gradient.n() * h, w * taps * taps * channels / 4, threads, [&](long begin, long end) {
        Block block(taps, channels);
        for (long line = begin; line < end; ++line) {
            const long n = line / h, y = line % h;
            for (long x = 0; x < w; x += kLanes) {
                block.read(gradient, image, vertical, horizontal, n, y, x);
                block.work();
                if (to_vertical) write_kernels(*to_vertical, n, y, x, block.to_vertical);
                if (to_horizontal) write_kernels(*to_horizontal, n, y, x, block.to_horizontal);
            }
        }
    });
}

// Gradient of the image in the columns [first, last): every source row y adds V[i] g to row y + i, under H reversed.
// Columns are shared out among threads, so that rows are added up in one order.
void image_gradient_columns(const Tensor& gradient, const Tensor& vertical, const Tensor& horizontal,
                            const Tensor& target, long n, long c, long first, long last) {
    const long taps = vertical.c(), h = gradient.h(), reach = taps - 1, count = last - first;
    const long wide = count + reach;  // the output columns that reach these input columns: x = q - j
    Buffer across(taps * wide), down(wide), weighted(wide), total(target.h() * count);
    for (long y = 0; y < h; ++y) {
        for (long j = 0; j < taps; ++j) read_row_zero(horizontal, n, j, y, first - reach, wide, across + j * wide);
        Buffer g(wide);
        read_row_zero(gradient, n, c, y, first - reach, wide, g);
        for (long i = 0; i < taps; ++i) {
            read_row_zero(vertical, n, i, y, first - reach, wide, down);
            for (long x = 0; x < wide; ++x) weighted[x] = down[x] * g[x];
            float* sums = total + (y + i) * count;
            for (long j = 0; j < taps; ++j) {
                const float *part = weighted + (reach - j), *weight = across + j * wide + (reach - j);
                for (long q = 0; q < count; ++q) sums[q] += weight[q] * part[q];
            }
        }
    }
    for (long y = 0; y < target.h(); ++y) write_row(target, n, c, y, first, count, total + y * count);
}

}  // namespace

void separable_conv_backward(const Tensor& gradient, const Tensor& image, const Tensor& vertical,
                             const Tensor& horizontal, const Tensor* image_gradient, const Tensor* vertical_gradient,
                             const Tensor* horizontal_gradient, int threads) {
    if (vertical_gradient || horizontal_gradient) {
        kernel_gradients(gradient, image, vertical, horizontal, vertical_gradient, horizontal_gradient, threads);
    }
    if (!image_gradient) return;
    const long taps = vertical.c(), planes = image.n() * image.c();
    for (long plane = 0; plane < planes; ++plane) {
        const long n = plane / image.c(), c = plane % image.c();
        parallel_for(image.w(), image.h() * taps * taps, threads, [&](long begin, long end) {
            image_gradient_columns(gradient, vertical, horizontal, *image_gradient, n, c, begin, end);
        });
    }
}

}  // namespace VFI_LEVEL
}  // namespace vfi
