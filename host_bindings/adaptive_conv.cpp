#include <cmath>
#include <limits>

#include "lanes.h"
#include "levels.h"
#include "parallel.h"
#include "rows.h"

namespace vfi {
namespace VFI_LEVEL {
namespace {

// kWidth output pixels of one row. The logits come one kernel row (size planes) at a time, so that a rescaling of what
// has been summed (the online softmax) is needed once a row, not once a tap. Each plane lies on pages of its own: a
// wide strip reads a page's worth of it at once, and a kernel row of weights still fits in the second-level cache.
constexpr long kWidth = 1024;
constexpr long kMostChannels = 4;  // summed in registers while the weights pass by

// The kernel row that comes next: it is fetched while this one is computed, as no processor guesses planes this far
// apart. Where there is none, or it is of halves, it is something that lies in the cache.
struct Ahead {
    const float* first;
    long stride;  // from plane to plane
};

struct Strip {
    long size, channels, stride;
    Ahead next{};
    Buffer image, weights;    // (2, size, C, stride), (size, kWidth)
    Buffer most, sum, total;  // kWidth each, total (C, kWidth)

    Strip(long k, long c)
        : size(k),
          channels(c),
          stride((kWidth + k - 1 + kLanes) / kLanes * kLanes),
          image(2 * k * c * stride),
          weights(k * kWidth),
          most(kWidth),
          sum(kWidth),
          total(c * kWidth) {}

    // y and x are of the images.
    void start(const Tensor& image_0, const Tensor& image_1, long n, long y, long x, long count) {
        const long reach = size / 2;
        for (long f = 0; f < 2; ++f) {
            for (long row = 0; row < size; ++row) {
                for (long c = 0; c < channels; ++c) {
                    read_row_clamped(f ? image_1 : image_0, n, c, y + row - reach, x - reach, count + size - 1,
                                     image + ((f * size + row) * channels + c) * stride);
                }
            }
        }
        sum.clear();
        total.clear();
        // Finite, so that logits of -Inf alone so far give e^-Inf = 0 and not e^(Inf - Inf).
        std::fill_n(static_cast<float*>(most), kWidth, std::numeric_limits<float>::lowest());
    }

    // One kernel row of frame f: logits become weights relative to the largest so far, and are summed on the way.
    void add(const Tensor& logits, long n, long y, long x, long f, long row) {
        const long count = std::min(kWidth, logits.w() - x), first_plane = (f * size + row) * size;
        for (long k = 0; k < size; ++k) {
            read_row(logits, n, first_plane + k, y, x, count, weights + k * kWidth);
        }
        next = first_plane + 2 * size <= logits.c() && logits.rows_are_floats()
                   ? Ahead{logits.floats(n, first_plane + size, y) + x, logits.stride[1]}
                   : Ahead{weights, 0};
        for (long at = 0; at < count; at += kLanes) {
            rescale(at);
            add_channels<true>(f, row, 0, at);
            for (long c = kMostChannels; c < channels; c += kMostChannels) add_channels<false>(f, row, c, at);
        }
    }

    // Makes room for a kernel row's larger logits in what has been summed.
    void rescale(long at) {
        const Lanes before = load(most + at);
        Lanes largest = before;
        for (long k = 0; k < size; ++k) largest = larger(load(weights + k * kWidth + at), largest);
        const Lanes scale = exponential_of_negative(before - largest);
        store(most + at, largest);
        store(sum + at, load(sum + at) * scale);
        for (long c = 0; c < channels; ++c) store(total + c * kWidth + at, load(total + c * kWidth + at) * scale);
    }

    template <bool Weigh>
    void add_channels(long f, long row, long first, long at) {
        const long left = channels - first;
        if (left == 1) add_block<1, Weigh>(f, row, first, at);
        if (left == 2) add_block<2, Weigh>(f, row, first, at);
        if (left == 3) add_block<3, Weigh>(f, row, first, at);
        if (left >= 4) add_block<4, Weigh>(f, row, first, at);
    }

    // Weigh: the weights are still logits.
    template <int C, bool Weigh>
    void add_block(long f, long row, long first, long at) {
        const float* pixels = image + ((f * size + row) * channels + first) * stride + at;
        const Lanes largest = load(most + at);
        Lanes sums[C], added = {};
        for (int c = 0; c < C; ++c) sums[c] = load(total + (first + c) * kWidth + at);
        for (long k = 0; k < size; ++k) {
            Lanes weight = load(weights + k * kWidth + at);
            if (Weigh) {
                __builtin_prefetch(next.first + k * next.stride + at, 0, 2);
                weight = exponential_of_negative(weight - largest);
                added += weight;
                store(weights + k * kWidth + at, weight);
            }
            for (int c = 0; c < C; ++c) sums[c] += weight * load(pixels + c * stride + k);
        }
        for (int c = 0; c < C; ++c) store(total + (first + c) * kWidth + at, sums[c]);
        if (Weigh) store(sum + at, load(sum + at) + added);
    }

    void write(const Tensor& out, const Tensor& log_sum, long n, long y, long x) {
        const long count = std::min(kWidth, out.w() - x);
        for (long c = 0; c < channels; ++c) {
            for (long at = 0; at < count; ++at) total[c * kWidth + at] /= sum[at];
            write_row(out, n, c, y, x, count, total + c * kWidth);
        }
        for (long at = 0; at < count; ++at) sum[at] = most[at] + std::log(sum[at]);
        write_row(log_sum, n, 0, y, x, count, sum);
    }
};

}  // namespace

void adaptive_conv(const Tensor& image_0, const Tensor& image_1, const Tensor& logits, const Tensor& out,
                   const Tensor& log_sum, long size, const Origin& origin, int threads) {
    const long h = out.h(), w = out.w();
    parallel_for(out.n() * h, w * logits.c(), threads, [&](long begin, long end) {
        Strip strip(size, out.c());
        for (long line = begin; line < end; ++line) {
            const long n = line / h, y = line % h;
            for (long x = 0; x < w; x += kWidth) {
                strip.start(image_0, image_1, n, origin.row + y, origin.column + x, std::min(kWidth, w - x));
                for (long part = 0; part < 2 * size; ++part) strip.add(logits, n, y, x, part / size, part % size);
                strip.write(out, log_sum, n, y, x);
            }
        }
    });
}

}  // namespace VFI_LEVEL
}  // namespace vfi
