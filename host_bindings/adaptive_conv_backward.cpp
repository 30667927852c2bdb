#include <deque>

#include "lanes.h"
#include "levels.h"
#include "parallel.h"
#include "rows.h"

namespace vfi {
namespace VFI_LEVEL {
namespace {

// The softmax weights of one plane over one row, from the logits and the logarithm of their sum.
void read_weights(const Tensor& logits, const float* log_sum, long n, long plane, long y, float* weights) {
    read_row(logits, n, plane, y, 0, logits.w(), weights);
    for (long x = 0; x < logits.w(); x += kLanes) {
        store(weights + x, exponential(load(weights + x) - load(log_sum + x)));
    }
}

// One output row: gradients (C, w), their sum over channels with the output, log sums.
struct Row {
    long w, wide;
    Buffer gradient, with_out, log_sum, weights, joint, image, out;

    Row(long width, long channels, long size)
        : w(width),
          wide(width + size - 1),
          gradient(channels * width),
          with_out(width),
          log_sum(width + kLanes),
          weights(width + kLanes),
          joint(width),
          image(channels * (width + size - 1)),
          out(width) {}

    void read(const Tensor& g, const Tensor& result, const Tensor& sums, long n, long y) {
        read_row(sums, n, 0, y, 0, w, log_sum);
        with_out.clear();
        for (long c = 0; c < g.c(); ++c) {
            read_row(g, n, c, y, 0, w, gradient + c * w);
            read_row(result, n, c, y, 0, w, out);
            for (long x = 0; x < w; ++x) with_out[x] += gradient[c * w + x] * out[x];
        }
    }
};

// d logit_j = K_j (sum_c g_c I_jc - sum_c g_c out_c)
void logit_gradient_row(const Tensor* images, const Tensor& logits, const Tensor& target, long n, long y, long size,
                        const Origin& origin, Row& row) {
    const long w = row.w, channels = images[0].c(), reach = size / 2;
    for (long line = 0; line < 2 * size; ++line) {
        for (long c = 0; c < channels; ++c) {
            read_row_clamped(images[line / size], n, c, origin.row + y + line % size - reach, origin.column - reach,
                             row.wide, row.image + c * row.wide);
        }
        for (long k = 0; k < size; ++k) {
            read_weights(logits, row.log_sum, n, line * size + k, y, row.weights);
            for (long x = 0; x < w; ++x) row.joint[x] = -row.with_out[x];
            for (long c = 0; c < channels; ++c) {
                const float *g = row.gradient + c * w, *pixels = row.image + c * row.wide + k;
                for (long x = 0; x < w; ++x) row.joint[x] += g[x] * pixels[x];
            }
            for (long x = 0; x < w; ++x) row.joint[x] *= row.weights[x];
            write_row(target, n, line * size + k, y, 0, w, row.joint);
        }
    }
}

// A line of `wide` pixels from `first` on, which may lie outside, folded onto the row that it repeated the edges of.
void fold(const float* line, long first, long wide, float* row, long w) {
    for (long x = 0; x < wide; ++x) row[std::clamp(first + x, 0L, w - 1)] += line[x];
}

// The gradient of one frame.
void image_gradient(const Tensor& gradient, const Tensor& logits, const Tensor& log_sum, const Tensor& target, long n,
                    long f, long size, const Origin& origin) {
    const long w = logits.w(), channels = target.c(), reach = size / 2, wide = w + size - 1;
    Buffer lines(channels * wide), weights(w + kLanes), sums(w + kLanes), g(channels * w);
    std::deque<PlaneSum> planes;
    for (long c = 0; c < channels; ++c) planes.emplace_back(target, n, c);
    for (long y = 0; y < logits.h(); ++y) {
        read_row(log_sum, n, 0, y, 0, w, sums);
        for (long c = 0; c < channels; ++c) read_row(gradient, n, c, y, 0, w, g + c * w);
        for (long row = 0; row < size; ++row) {
            lines.clear();
            for (long column = 0; column < size; ++column) {
                read_weights(logits, sums, n, (f * size + row) * size + column, y, weights);
                for (long c = 0; c < channels; ++c) {
                    float* line = lines + (c * wide + column);
                    for (long x = 0; x < w; ++x) line[x] += weights[x] * g[c * w + x];
                }
            }
            const long to = std::clamp(origin.row + y + row - reach, 0L, target.h() - 1);
            for (long c = 0; c < channels; ++c) {
                fold(lines + c * wide, origin.column - reach, wide, planes[c].row(to), target.w());
            }
        }
    }
    for (PlaneSum& plane : planes) plane.finish();
}

}  // namespace

void adaptive_conv_backward(const Tensor& gradient, const Tensor* images, const Tensor& logits, const Tensor& out,
                            const Tensor& log_sum, const Tensor* const* image_gradients, const Tensor* logit_gradient,
                            long size, const Origin& origin, int threads) {
    const long h = gradient.h(), w = gradient.w(), channels = gradient.c();
    if (logit_gradient) {
        parallel_for(gradient.n() * h, w * logits.c(), threads, [&](long begin, long end) {
            Row row(w, channels, size);
            for (long line = begin; line < end; ++line) {
                row.read(gradient, out, log_sum, line / h, line % h);
                logit_gradient_row(images, logits, *logit_gradient, line / h, line % h, size, origin, row);
            }
        });
    }
    parallel_for(2 * gradient.n(), h * w * size * size, threads, [&](long begin, long end) {
        for (long at = begin; at < end; ++at) {
            const long n = at / 2, f = at % 2;
            if (image_gradients[f]) image_gradient(gradient, logits, log_sum, *image_gradients[f], n, f, size, origin);
        }
    });
}

}  // namespace VFI_LEVEL
}  // namespace vfi
