// Adaptive convolution; see vfi_plugin/kernels/adaptive_conv.py. It is bound by reading the logits, so each is read
// once: a thread owns a pixel, keeps the running maximum, sum and result of the online softmax in registers, and takes
// kChunk logits at a time, which are loads in flight together and one rescaling for all of them.
#include "tensor.cuh"

constexpr int kChunk = 8;
constexpr int kMostChannels = 4;  // summed while the weights pass by

struct Running {
    float most, sum, total[kMostChannels];
};

// Logits [first, last) of one kernel row, whose first lies at plane `plane`.
__device__ inline void take_chunk(const Tensor& image, const Tensor& logits, const Place& at, int plane, int first,
                                  int last, int row, int column, Running& so_far) {
    float weights[kChunk], largest = so_far.most;
    for (int k = 0; k < kChunk; ++k) {
        const int s = min(first + k, last - 1);  // what is beyond is read again and left out below
        weights[k] = read(logits, at.n, plane + s, at.y, at.x);
    }
    for (int k = 0; k < kChunk; ++k) largest = weights[k] > largest ? weights[k] : largest;
    const float scale = expf(so_far.most - largest);
    so_far.most = largest;
    so_far.sum *= scale;
    for (int c = 0; c < kMostChannels; ++c) so_far.total[c] *= scale;
    for (int k = 0; k < kChunk; ++k) {
        if (first + k >= last) continue;
        const float weight = expf(weights[k] - largest);
        so_far.sum += weight;
        const int x = clamped(column + first + k, image.width());
        for (int c = 0; c < kMostChannels; ++c) {
            if (at.first + c < at.last) so_far.total[c] += weight * read(image, at.n, at.first + c, row, x);
        }
    }
}

// log_sum: float (N, 1, H, W), the logarithm of the sum of exponentials. channels_a_group: at most kMostChannels.
extern "C" __global__ void vfi_adaptive_conv(Tensor image_0, Tensor image_1, Tensor logits, Tensor out, Tensor log_sum,
                                             int channels_a_group, int size) {
    const Place at = place_in(out, channels_a_group);
    if (!at.inside) return;
    // A finite start: logits of -Inf alone so far give e^-Inf = 0 and not e^(Inf - Inf).
    Running so_far = {-3.402823466e38f, 0.0f, {}};
    const int reach = size / 2;
    for (int line = 0; line < 2 * size; ++line) {
        const Tensor image = line < size ? image_0 : image_1;  // by value: a reference would put both into memory
        const int row = clamped(at.y + line % size - reach, image.height());
        for (int first = 0; first < size; first += kChunk) {
            take_chunk(image, logits, at, line * size, first, min(first + kChunk, size), row, at.x - reach, so_far);
        }
    }
    for (int c = 0; c < kMostChannels; ++c) {
        if (at.first + c < at.last) write(out, at.n, at.first + c, at.y, at.x, so_far.total[c] / so_far.sum);
    }
    if (at.first == 0) write_float(log_sum, at.n, 0, at.y, at.x, so_far.most + logf(so_far.sum));
}

__device__ inline float softmax_weight(const Tensor& logits, const Tensor& log_sum, int n, int plane, int y, int x) {
    return expf(read(logits, n, plane, y, x) - read_float(log_sum, n, 0, y, x));
}

// d logit_j = K_j (sum_c g_c I_jc - sum_c g_c out_c)
extern "C" __global__ void vfi_adaptive_conv_logit_gradient(Tensor gradient, Tensor image_0, Tensor image_1,
                                                            Tensor logits, Tensor out, Tensor log_sum, Tensor target,
                                                            int size) {
    const Place at = place_in(log_sum, 1);
    if (!at.inside) return;
    const int channels = gradient.channels(), reach = size / 2;
    float with_out = 0.0f;
    for (int c = 0; c < channels; ++c) {
        with_out += read(gradient, at.n, c, at.y, at.x) * read(out, at.n, c, at.y, at.x);
    }
    for (int plane = 0; plane < 2 * size * size; ++plane) {
        const Tensor image = plane < size * size ? image_0 : image_1;
        const int row = clamped(at.y + plane / size % size - reach, image.height());
        const int column = clamped(at.x + plane % size - reach, image.width());
        float joint = -with_out;
        for (int c = 0; c < channels; ++c) {
            joint += read(gradient, at.n, c, at.y, at.x) * read(image, at.n, c, row, column);
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
                                                            Tensor target, int channels_a_group, int size, int f) {
    const Place at = place_in(target, channels_a_group);
    if (!at.inside) return;
    const int reach = size / 2, h = target.height(), w = target.width();
    float total[kMostChannels] = {};
    for (int y = max(at.y - reach, 0); y <= min(at.y + reach, h - 1); ++y) {
        const TapRange rows(y, at.y, size, h);
        for (int x = max(at.x - reach, 0); x <= min(at.x + reach, w - 1); ++x) {
            const TapRange columns(x, at.x, size, w);
            float weight = 0.0f;
            for (int r = rows.first; r <= rows.last; ++r) {
                for (int s = columns.first; s <= columns.last; ++s) {
                    weight += softmax_weight(logits, log_sum, at.n, (f * size + r) * size + s, y, x);
                }
            }
            for (int c = 0; c < kMostChannels; ++c) {
                if (at.first + c < at.last) total[c] += weight * read(gradient, at.n, at.first + c, y, x);
            }
        }
    }
    for (int c = 0; c < kMostChannels; ++c) {
        if (at.first + c < at.last) write(target, at.n, at.first + c, at.y, at.x, total[c]);
    }
}
