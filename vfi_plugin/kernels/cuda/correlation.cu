// Correlation; see vfi_plugin/kernels/correlation.py. A block correlates a tile of kWidth x kHeight pixels over a
// window of kSpan x kSpan displacements; a thread owns kPixels neighbours at one vertical displacement and all
// horizontal ones, so that 3 + 1 vectors from shared memory feed 36 multiply-adds. Channels pass through shared memory
// kChannels at a time.
#include "tensor.cuh"

constexpr int kSpan = 9;  // displacements a block spans on each axis; radius 4 needs just these
constexpr int kPixels = 4;
constexpr int kQuads = 8;  // blockDim.x; blockDim.y is kSpan and blockDim.z kHeight, as in convolving.py
constexpr int kWidth = kQuads * kPixels;
constexpr int kHeight = 4;
constexpr int kChannels = 8;
constexpr int kThreads = kQuads * kSpan * kHeight;
constexpr int kReadWidth = kWidth + kSpan - 1, kReadHeight = kHeight + kSpan - 1;

struct Tiles {
    float a[kChannels][kHeight][kWidth];
    float b[kChannels][kReadHeight][kReadWidth];
};

// Copies lines of `width` elements, `height` a channel, kChannels of them, from (channel, y, x) on; zeros outside. A
// warp takes a line, so that places are worked out once for it.
__device__ inline void fill(float* tile, const Tensor& t, int n, int channel, int y, int x, int height, int width) {
    const int thread = (threadIdx.z * kSpan + threadIdx.y) * kQuads + threadIdx.x, lane = thread % 32;
    for (int line = thread / 32; line < kChannels * height; line += kThreads / 32) {
        const int c = channel + line / height, row = y + line % height;
        const bool inside = c < t.channels() && row >= 0 && row < t.height();
        const Storage* source = elements(t) + t.place(n, inside ? c : 0, inside ? row : 0, 0);
        for (int k = lane; k < width; k += 32) {
            const bool reads = inside && x + k >= 0 && x + k < t.width();
            tile[line * width + k] = reads ? widened(source[(x + k) * t.stride[3]]) : 0.0f;
        }
    }
}

__device__ inline void add_channel(const Tiles& tiles, int c, float (&total)[kSpan][kPixels]) {
    float left[kPixels], right[kPixels + kSpan - 1];
    const float* a = tiles.a[c][threadIdx.z] + kPixels * threadIdx.x;
    const float* b = tiles.b[c][threadIdx.z + threadIdx.y] + kPixels * threadIdx.x;
    for (int p = 0; p < kPixels; ++p) left[p] = a[p];
    for (int k = 0; k < (kPixels + kSpan - 1) / 4; ++k) {
        const float4 four = reinterpret_cast<const float4*>(b)[k];
        right[4 * k] = four.x, right[4 * k + 1] = four.y, right[4 * k + 2] = four.z, right[4 * k + 3] = four.w;
    }
    for (int k = 0; k < kSpan; ++k) {
        for (int p = 0; p < kPixels; ++p) total[k][p] += left[p] * right[k + p];
    }
}

// windows: blocks of displacements on each axis; blockIdx.z counts images times windows times windows.
extern "C" __global__ void vfi_correlation(Tensor a, Tensor b, Tensor out, int radius, int windows) {
    __shared__ __align__(16) Tiles tiles;
    const int n = blockIdx.z / (windows * windows), first_dy = blockIdx.z / windows % windows * kSpan;
    const int first_dx = blockIdx.z % windows * kSpan, left = blockIdx.x * kWidth, top = blockIdx.y * kHeight;
    float total[kSpan][kPixels] = {};
    for (int channel = 0; channel < a.channels(); channel += kChannels) {
        __syncthreads();
        fill(&tiles.a[0][0][0], a, n, channel, top, left, kHeight, kWidth);
        fill(&tiles.b[0][0][0], b, n, channel, top + first_dy - radius, left + first_dx - radius, kReadHeight,
             kReadWidth);
        __syncthreads();
        for (int c = 0; c < kChannels; ++c) add_channel(tiles, c, total);
    }
    const int span = 2 * radius + 1, dy = first_dy + threadIdx.y, y = top + threadIdx.z;
    if (dy >= span || y >= a.height()) return;
    const int x = left + kPixels * threadIdx.x;
    const float scale = 1.0f / a.channels();
    for (int k = 0; k < kSpan; ++k) {
        if (first_dx + k >= span) continue;
        Storage* target = elements(out) + out.place(n, dy * span + first_dx + k, y, 0) + x;  // rows are contiguous
        for (int p = 0; p < kPixels; ++p) {
            if (x + p < a.width()) narrow(total[k][p] * scale, target + p);
        }
    }
}

// Gradient of one map: the sum over displacements of the gradient times the other map. sign 1: of a, which met b at +d;
// sign -1: of b, which met a at -d, where the gradient was taken too. channels_a_group: at most kChannels.
extern "C" __global__ void vfi_correlation_gradient(Tensor gradient, Tensor other, Tensor target, int channels_a_group,
                                                    int radius, int sign) {
    const Place at = place_in(target, channels_a_group);
    if (!at.inside) return;
    const int span = 2 * radius + 1;
    float total[kChannels] = {};
    for (int d = 0; d < span * span; ++d) {
        const int y = at.y + sign * (d / span - radius), x = at.x + sign * (d % span - radius);
        if (y < 0 || y >= other.height() || x < 0 || x >= other.width()) continue;
        const float g = sign > 0 ? read(gradient, at.n, d, at.y, at.x) : read(gradient, at.n, d, y, x);
        for (int c = 0; c < kChannels; ++c) {
            if (at.first + c < at.last) total[c] += g * read(other, at.n, at.first + c, y, x);
        }
    }
    for (int c = 0; c < kChannels; ++c) {
        if (at.first + c < at.last) write(target, at.n, at.first + c, at.y, at.x, total[c] / target.channels());
    }
}
