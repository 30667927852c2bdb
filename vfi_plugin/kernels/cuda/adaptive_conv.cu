// Adaptive convolution; see vfi_plugin/kernels/adaptive_conv.py. It is bound by reading the logits, so each is read
// once: a thread owns a pixel, keeps the running maximum, sum and result of the online softmax in registers, and takes
// kChunk logits at a time, which are loads in flight together and one rescaling for all of them.
#include "tensor.cuh"

constexpr int kChunk = 14;        // the published rows of 41 taps are three chunks less one tap
constexpr int kMostChannels = 4;  // summed while the weights pass by

template <int C>
struct Running {
    float most, sum, total[C];
};

// e^x of x <= 0, good to the part in a million that counts: the larger the error, the smaller the weight.
__device__ inline float weight_of(float x) { return __expf(x); }

// `count` logits, `step` apart, and the pixels of one row under them: columns from `column` on, held inside.
template <int C>
__device__ inline void take_chunk(const Storage* logits, long long step, int count, const Tensor& image,
                                  const Storage* row, int column, Running<C>& so_far) {
    float weights[kChunk], largest = so_far.most;
    for (int k = 0; k < kChunk; ++k) {
        if (k < count) weights[k] = widened(logits[k * step]);
    }
    for (int k = 0; k < kChunk; ++k) {
        if (k < count && weights[k] > largest) largest = weights[k];
    }
    const float scale = weight_of(so_far.most - largest);
    so_far.most = largest;
    so_far.sum *= scale;
    for (int c = 0; c < C; ++c) so_far.total[c] *= scale;
    for (int k = 0; k < kChunk; ++k) {
        if (k >= count) continue;
        const float weight = weight_of(weights[k] - largest);
        so_far.sum += weight;
        const Storage* pixel = row + clamped(column + k, image.width()) * image.stride[3];
        for (int c = 0; c < C; ++c) so_far.total[c] += weight * widened(pixel[c * image.stride[1]]);
    }
}

template <int C>
__device__ inline void convolve(const Tensor& image_0, const Tensor& image_1, const Tensor& logits, const Tensor& out,
                                const Tensor& log_sum, const Place& at, int size, int row, int column) {
    // A finite start: logits of -Inf alone so far give e^-Inf = 0 and not e^(Inf - Inf).
    Running<C> so_far = {-3.402823466e38f, 0.0f, {}};
    const int reach = size / 2;
    const Storage* next = elements(logits) + logits.place(at.n, 0, at.y, at.x);
    for (int line = 0; line < 2 * size; ++line) {
        const Tensor image = line < size ? image_0 : image_1;  // by value: a reference would put both into memory
        const int y = clamped(row + at.y + line % size - reach, image.height());
        const Storage* pixels = elements(image) + image.place(at.n, at.first, y, 0);
        for (int first = 0; first < size; first += kChunk) {
            const int count = min(kChunk, size - first);
            take_chunk<C>(next, logits.stride[1], count, image, pixels, column + at.x - reach + first, so_far);
            next += count * logits.stride[1];
        }
    }
    for (int c = 0; c < C; ++c) write(out, at.n, at.first + c, at.y, at.x, so_far.total[c] / so_far.sum);
    if (at.first == 0) write_float(log_sum, at.n, 0, at.y, at.x, so_far.most + logf(so_far.sum));
}

// log_sum: float (N, 1, H, W), the logarithm of the sum of exponentials. channels_a_group: at most kMostChannels.
// row, column: where in the images the logits and all that is of their size begin.
extern "C" __global__ void vfi_adaptive_conv(Tensor image_0, Tensor image_1, Tensor logits, Tensor out, Tensor log_sum,
                                             int channels_a_group, int size, int row, int column) {
    const Place at = place_in(out, channels_a_group);
    if (!at.inside) return;
    const int channels = at.last - at.first;
    if (channels == 1) convolve<1>(image_0, image_1, logits, out, log_sum, at, size, row, column);
    if (channels == 2) convolve<2>(image_0, image_1, logits, out, log_sum, at, size, row, column);
    if (channels == 3) convolve<3>(image_0, image_1, logits, out, log_sum, at, size, row, column);
    if (channels == 4) convolve<4>(image_0, image_1, logits, out, log_sum, at, size, row, column);
}

__device__ inline float softmax_weight(const Tensor& logits, const Tensor& log_sum, int n, int plane, int y, int x) {
    return expf(read(logits, n, plane, y, x) - read_float(log_sum, n, 0, y, x));
}

// d logit_j = K_j (sum_c g_c I_jc - sum_c g_c out_c)
extern "C" __global__ void vfi_adaptive_conv_logit_gradient(Tensor gradient, Tensor image_0, Tensor image_1,
                                                            Tensor logits, Tensor out, Tensor log_sum, Tensor target,
                                                            int size, int row, int column) {
    const Place at = place_in(log_sum, 1);
    if (!at.inside) return;
    const int channels = gradient.channels(), reach = size / 2;
    float with_out = 0.0f;
    for (int c = 0; c < channels; ++c) {
        with_out += read(gradient, at.n, c, at.y, at.x) * read(out, at.n, c, at.y, at.x);
    }
    for (int plane = 0; plane < 2 * size * size; ++plane) {
        const Tensor image = plane < size * size ? image_0 : image_1;
        const int y = clamped(row + at.y + plane / size % size - reach, image.height());
        const int x = clamped(column + at.x + plane % size - reach, image.width());
        float joint = -with_out;
        for (int c = 0; c < channels; ++c) {
            joint += read(gradient, at.n, c, at.y, at.x) * read(image, at.n, c, y, x);
        }
        const float weight = softmax_weight(logits, log_sum, at.n, plane, at.y, at.x);
        write(target, at.n, plane, at.y, at.x, weight * joint);
    }
}

// The taps of one axis through which output pixel `from` reads input pixel `to`: one inside, more at a repeated edge.
struct TapRange {
    int first, last;
    __device__ TapRange(int from, int to, int size, int length) {
        const int tap = to - from + size / 2;
        first = to == 0 ? 0 : max(tap, 0);
        last = to == length - 1 ? size - 1 : min(tap, size - 1);
    }
};

// The gradient of frame f, gathered from the output pixels that read it: the same bits in every run.
extern "C" __global__ void vfi_adaptive_conv_image_gradient(Tensor gradient, Tensor logits, Tensor log_sum,
                                                            Tensor target, int channels_a_group, int size, int f,
                                                            int row, int column) {
    const Place at = place_in(target, channels_a_group);
    if (!at.inside) return;
    const int reach = size / 2, h = target.height(), w = target.width();
    float total[kMostChannels] = {};
    const int row_end = row + logits.height(), column_end = column + logits.width();
    for (int y = max(at.y - reach, row); y <= min(at.y + reach, row_end - 1); ++y) {
        const TapRange rows(y, at.y, size, h);
        for (int x = max(at.x - reach, column); x <= min(at.x + reach, column_end - 1); ++x) {
            const TapRange columns(x, at.x, size, w);
            float weight = 0.0f;
            for (int r = rows.first; r <= rows.last; ++r) {
                for (int s = columns.first; s <= columns.last; ++s) {
                    weight += softmax_weight(logits, log_sum, at.n, (f * size + r) * size + s, y - row, x - column);
                }
            }
            for (int c = 0; c < kMostChannels; ++c) {
                if (at.first + c >= at.last) continue;
                total[c] += weight * read(gradient, at.n, at.first + c, y - row, x - column);
            }
        }
    }
    for (int c = 0; c < kMostChannels; ++c) {
        if (at.first + c < at.last) write(target, at.n, at.first + c, at.y, at.x, total[c]);
    }
}
