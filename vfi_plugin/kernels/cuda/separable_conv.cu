// Separable convolution; see vfi_plugin/kernels/separable_conv.py. Bound by arithmetic, and before that by how many
// values are fetched for each multiply-add:
// - a thread owns kPixels neighbours and keeps kTaps horizontal taps of each in registers while it passes over all
//   rows; the taps are read once in all, the rows once for every kTaps taps;
// - 13 taps, as 51 is four times 13 less one, and 13 taps of 4 pixels need 16 values of a row: four vectors from shared
//   memory for 52 multiply-adds;
// - the rows that a block's warps need, one output row a warp, come through shared memory kRows at a time.
// The sum over one row's taps is taken first, then weighted by the vertical tap: K * K + K multiply-adds a pixel.
#include "tensor.cuh"

constexpr int kTaps = 13;
constexpr int kPixels = 4;
constexpr int kWindow = 16;  // kTaps + kPixels - 1, whole vectors
constexpr int kLanes = 32;   // blockDim.x
constexpr int kWarps = 4;    // blockDim.y; both stand in convolving.py too
constexpr int kRows = 17;    // input rows between two barriers: 51 is three times 17
constexpr int kColumns = kLanes * kPixels + kWindow;
constexpr int kMostChannels = 3;

struct Four {
    float v[kPixels];
};

// aligned: four neighbours lie in one aligned vector, for every x that is a multiple of four.
__device__ inline Four read_four(const Tensor& t, int n, int c, int y, int x, int aligned) {
    Four four = {};
    if (y >= t.height() || x >= t.width()) return four;
    if (aligned) {
        const Storage* at = elements(t) + t.place(n, c, y, x);
#if defined(VFI_HALF)
        const ushort4 raw = *reinterpret_cast<const ushort4*>(at);
#else
        const float4 raw = *reinterpret_cast<const float4*>(at);
#endif
        four.v[0] = widened(raw.x), four.v[1] = widened(raw.y), four.v[2] = widened(raw.z), four.v[3] = widened(raw.w);
        return four;
    }
    for (int p = 0; p < kPixels && x + p < t.width(); ++p) four.v[p] = read(t, n, c, y, x + p);
    return four;
}

// Copies `rows` rows from y and the columns from x on, (rows, C, kColumns); zeros beyond the image. A warp takes a
// line, so that places are worked out once for it.
template <int C>
__device__ inline void fill(float* tile, const Tensor& image, int n, int channel, int y, int x, int rows) {
    const int step = static_cast<int>(image.stride[3]), lane = threadIdx.x;
    for (int line = threadIdx.y; line < rows * C; line += kWarps) {
        const int row = y + line / C;
        const bool inside = row < image.height();
        const Storage* source = elements(image) + image.place(n, channel + line % C, inside ? row : 0, 0);
        for (int column = lane; column < kColumns; column += kLanes) {
            const bool reads = inside && x + column < image.width();
            tile[line * kColumns + column] = reads ? widened(source[static_cast<long long>(x + column) * step]) : 0.0f;
        }
    }
}

// One row of the tile under the horizontal taps, weighted by the vertical one. count: how many of kTaps there are;
// those beyond read nothing, as 0 * NaN would be NaN. kWhole: all of them, which is known when this is compiled.
template <int C, bool kWhole>
__device__ inline void add_row(const float* row, const Four (&horizontal)[kTaps], int count, const Four& vertical,
                               Four (&total)[C]) {
    for (int c = 0; c < C; ++c) {
        float window[kWindow];
        const float4* vectors = reinterpret_cast<const float4*>(row + c * kColumns + kPixels * threadIdx.x);
        for (int k = 0; k < kWindow / 4; ++k) {
            const float4 four = vectors[k];
            window[4 * k] = four.x, window[4 * k + 1] = four.y, window[4 * k + 2] = four.z, window[4 * k + 3] = four.w;
        }
        Four sums = {};
        for (int j = 0; j < kTaps; ++j) {
            if (!kWhole && j >= count) continue;
            for (int p = 0; p < kPixels; ++p) sums.v[p] += horizontal[j].v[p] * window[j + p];
        }
        for (int p = 0; p < kPixels; ++p) total[c].v[p] += vertical.v[p] * sums.v[p];
    }
}

// What a thread works on: its pixels (y, x ...) of image n and channels from `channel` on, the rows of its warp in the
// tile, and how its kernels may be read.
struct Work {
    int n, channel, y, x, aligned;
    float* tile;
};

// Adds the horizontal taps [first, first + count) under all vertical ones.
template <int C, bool kWhole>
__device__ inline void add_taps(const Tensor& image, const Tensor& vertical, const Tensor& horizontal, const Work& at,
                                int first, int count, Four (&total)[C]) {
    const int taps = vertical.channels();
    Four across[kTaps] = {};
    for (int j = 0; j < kTaps; ++j) {
        if (kWhole || j < count) across[j] = read_four(horizontal, at.n, first + j, at.y, at.x, at.aligned);
    }
    for (int i = 0; i < taps; ++i) {
        if (i % kRows == 0) {
            __syncthreads();
            fill<C>(at.tile, image, at.n, at.channel, blockIdx.y * kWarps + i, blockIdx.x * kLanes * kPixels + first,
                    min(kRows, taps - i) + kWarps - 1);
            __syncthreads();
        }
        const float* row = at.tile + (i % kRows + threadIdx.y) * C * kColumns;
        add_row<C, kWhole>(row, across, count, read_four(vertical, at.n, i, at.y, at.x, at.aligned), total);
    }
}

template <int C>
__device__ inline void convolve(const Tensor& image, const Tensor& vertical, const Tensor& horizontal,
                                const Tensor& out, const Work& at) {
    const int taps = vertical.channels();
    Four total[C] = {};
    int first = 0;
    for (; first + kTaps <= taps; first += kTaps) {
        add_taps<C, true>(image, vertical, horizontal, at, first, kTaps, total);
    }
    if (first < taps) add_taps<C, false>(image, vertical, horizontal, at, first, taps - first, total);
    for (int p = 0; at.y < out.height() && p < kPixels && at.x + p < out.width(); ++p) {
        for (int c = 0; c < C; ++c) write(out, at.n, at.channel + c, at.y, at.x + p, total[c].v[p]);
    }
}

extern "C" __global__ void __launch_bounds__(kLanes* kWarps, 3)
    vfi_separable_conv(Tensor image, Tensor vertical, Tensor horizontal, Tensor out, int aligned) {
    __shared__ __align__(16) float tile[(kRows + kWarps - 1) * kMostChannels * kColumns];
    const int groups = (out.channels() + kMostChannels - 1) / kMostChannels;
    const int n = blockIdx.z / groups, channel = blockIdx.z % groups * kMostChannels;
    const int y = blockIdx.y * kWarps + threadIdx.y, x = (blockIdx.x * kLanes + threadIdx.x) * kPixels;
    const Work at{n, channel, y, x, aligned, tile};
    const int channels = min(kMostChannels, out.channels() - channel);
    if (channels == 1) convolve<1>(image, vertical, horizontal, out, at);
    if (channels == 2) convolve<2>(image, vertical, horizontal, out, at);
    if (channels == 3) convolve<3>(image, vertical, horizontal, out, at);
}

// With J[i, j] = sum over c of gradient[c] image[c, y + i, x + j], which is made once for both:
// to_vertical[i] = sum_j horizontal[j] J[i, j], to_horizontal[j] = sum_i vertical[i] J[i, j].
// Both are float and zero before; a pixel adds to its own places alone.
extern "C" __global__ void vfi_separable_conv_kernel_gradients(Tensor gradient, Tensor image, Tensor vertical,
                                                               Tensor horizontal, Tensor to_vertical,
                                                               Tensor to_horizontal) {
    const Place at = place_in(vertical, vertical.channels());
    if (!at.inside) return;
    const int taps = vertical.channels(), channels = gradient.channels();
    for (int first = 0; first < taps; first += kTaps) {
        float across[kTaps], to_across[kTaps] = {};
        for (int j = 0; j < kTaps; ++j) {
            across[j] = first + j < taps ? read(horizontal, at.n, first + j, at.y, at.x) : 0.0f;
        }
        for (int i = 0; i < taps; ++i) {
            float joint[kTaps] = {}, sum = 0.0f;
            for (int c = 0; c < channels; ++c) {
                const float g = read(gradient, at.n, c, at.y, at.x);
                for (int j = 0; j < kTaps; ++j) {
                    if (first + j < taps) joint[j] += g * read(image, at.n, c, at.y + i, at.x + first + j);
                }
            }
            const float down = read(vertical, at.n, i, at.y, at.x);
            for (int j = 0; j < kTaps; ++j) sum += across[j] * joint[j], to_across[j] += down * joint[j];
            const float so_far = read_float(to_vertical, at.n, i, at.y, at.x);
            write_float(to_vertical, at.n, i, at.y, at.x, so_far + sum);
        }
        for (int j = 0; j < kTaps; ++j) {
            if (first + j < taps) write_float(to_horizontal, at.n, first + j, at.y, at.x, to_across[j]);
        }
    }
}

// Gathered from the output pixels that read an input pixel: the same bits in every run. channels_a_group: at most
// kMostChannels.
extern "C" __global__ void vfi_separable_conv_image_gradient(Tensor gradient, Tensor vertical, Tensor horizontal,
                                                             Tensor target, int channels_a_group) {
    const Place at = place_in(target, channels_a_group);
    if (!at.inside) return;
    const int taps = vertical.channels();
    float total[kMostChannels] = {};
    for (int i = max(0, at.y - gradient.height() + 1); i < min(taps, at.y + 1); ++i) {
        for (int j = max(0, at.x - gradient.width() + 1); j < min(taps, at.x + 1); ++j) {
            const int y = at.y - i, x = at.x - j;
            const float weight = read(vertical, at.n, i, y, x) * read(horizontal, at.n, j, y, x);
            for (int c = 0; c < kMostChannels; ++c) {
                if (at.first + c < at.last) total[c] += weight * read(gradient, at.n, at.first + c, y, x);
            }
        }
    }
    for (int c = 0; c < kMostChannels; ++c) {
        if (at.first + c < at.last) write(target, at.n, at.first + c, at.y, at.x, total[c]);
    }
}
