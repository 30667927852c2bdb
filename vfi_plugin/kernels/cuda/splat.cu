// Forward warp; see vfi_plugin/kernels/splat.py.
//
// One image, one group of channels and one band of output rows at a time: `total` (rows, W, 4) holds four channels, or
// three and their weight, side by side, so that a source pixel reaches all of them by one vector addition. The caller
// clears it and goes over the bands, which keeps it small for any frame.
#include "position.cuh"

// What is thrown: a plain sum of four channels, or three channels times a weight, and the weight.
enum Weighting { kSum = 0, kLinear = 1, kExponential = 2 };

struct Band {
    int n, first_channel, first_row, rows;
};

struct Quad {
    float v[4];
};

__device__ inline Quad thrown(const Tensor& image, const Tensor& weight, const Band& band, int weighting, int y,
                              int x) {
    Quad quad;
    const float given = weighting == kSum ? 1.0f : read(weight, band.n, 0, y, x);
    const float scale = weighting == kExponential ? expf(given) : given;
    for (int k = 0; k < 4; ++k) {
        const int c = band.first_channel + k;
        quad.v[k] = c < image.channels() && (k < 3 || weighting == kSum) ? read(image, band.n, c, y, x) * scale : 0.0f;
    }
    if (weighting != kSum) quad.v[3] = scale;
    return quad;
}

__device__ inline void add(float* target, const Quad& quad, float share) {
    if (share == 0.0f) return;  // 0 * Inf would be NaN
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 900 && (__CUDACC_VER_MAJOR__ > 12 || __CUDACC_VER_MINOR__ >= 1)
    asm volatile("red.global.add.v4.f32 [%0], {%1, %2, %3, %4};" ::"l"(target), "f"(quad.v[0] * share),
                 "f"(quad.v[1] * share), "f"(quad.v[2] * share), "f"(quad.v[3] * share)
                 : "memory");
#else
    for (int k = 0; k < 4; ++k) atomicAdd(target + k, quad.v[k] * share);
#endif
}

// Where a source pixel of the band's image adds to the band; one thread a source pixel.
struct Throw {
    Position p;
    bool lands;

    __device__ Throw(const Tensor& flow, const Band& band, int y, int x) {
        p = position_to_throw(flow, band.n, y, x);
        lands = p.valid && p.top + 1 >= band.first_row && p.top < band.first_row + band.rows;
    }
    // The place of corner k (right by k % 2, down by k / 2) in the band's pixels, or -1 outside.
    __device__ int place(const Band& band, int width, int k) const {
        const int row = p.top + k / 2 - band.first_row, column = p.left + k % 2;
        return row >= 0 && row < band.rows && column >= 0 && column < width ? row * width + column : -1;
    }
    __device__ float share(int k) const { return (k / 2 ? p.fy : 1.0f - p.fy) * (k % 2 ? p.fx : 1.0f - p.fx); }
};

extern "C" __global__ void vfi_splat(Tensor image, Tensor flow, Tensor weight, float* total, int n, int first_channel,
                                     int first_row, int rows, int weighting) {
    const Band band{n, first_channel, first_row, rows};
    const int y = blockIdx.y * blockDim.y + threadIdx.y, x = blockIdx.x * blockDim.x + threadIdx.x;
    if (y >= image.height() || x >= image.width()) return;
    const Throw to(flow, band, y, x);
    if (!to.lands) return;
    const Quad quad = thrown(image, weight, band, weighting, y, x);
    for (int k = 0; k < 4; ++k) {
        const int place = to.place(band, image.width(), k);
        if (place >= 0) add(total + 4LL * place, quad, to.share(k));
    }
}

__device__ inline void write_quad(const Tensor& out, const Band& band, const Quad& sums, int weighting, float epsilon,
                                  int row, int x) {
    for (int k = 0; k < 4; ++k) {
        if ((k == 3 && weighting != kSum) || band.first_channel + k >= out.channels()) continue;
        const float value = weighting == kSum ? sums.v[k] : sums.v[k] / (sums.v[3] + epsilon);
        write(out, band.n, band.first_channel + k, band.first_row + row, x, value);
    }
}

extern "C" __global__ void vfi_splat_write(const float* total, Tensor out, int n, int first_channel, int first_row,
                                           int rows, int weighting, float epsilon) {
    const Band band{n, first_channel, first_row, rows};
    const int row = blockIdx.y * blockDim.y + threadIdx.y, x = blockIdx.x * blockDim.x + threadIdx.x;
    if (row >= rows || x >= out.width()) return;
    Quad sums;
    for (int k = 0; k < 4; ++k) sums.v[k] = total[4LL * (row * out.width() + x) + k];
    write_quad(out, band, sums, weighting, epsilon, row, x);
}

// The deterministic form: sums in fixed point, whose additions give the same bits in any order. Every sum gets the
// power of two that brings the largest value thrown at its own place to `bits` bits, so it is as fine as a float sum
// however much brighter another part of the picture is; the caller leaves room for all pixels to meet in one place.

// The bits of a finite float's magnitude: they are in the order of the magnitudes.
__device__ inline unsigned magnitude_bits(float value) { return __float_as_int(fabsf(value)); }

__device__ inline int exponent_of(unsigned bits) { return static_cast<int>(bits >> 23) - 126; }

// largest: 4 words a pixel of the band, 0 before: the bits of the largest finite magnitudes thrown there.
extern "C" __global__ void vfi_splat_largest(Tensor image, Tensor flow, Tensor weight, unsigned* largest, int n,
                                             int first_channel, int first_row, int rows, int weighting) {
    const Band band{n, first_channel, first_row, rows};
    const int y = blockIdx.y * blockDim.y + threadIdx.y, x = blockIdx.x * blockDim.x + threadIdx.x;
    if (y >= image.height() || x >= image.width()) return;
    const Throw to(flow, band, y, x);
    if (!to.lands) return;
    const Quad quad = thrown(image, weight, band, weighting, y, x);
    for (int corner = 0; corner < 4; ++corner) {
        const int place = to.place(band, image.width(), corner);
        const float share = to.share(corner);
        for (int k = 0; k < 4; ++k) {
            const float value = quad.v[k] * share;
            if (place >= 0 && value != 0.0f && is_finite(value)) {
                atomicMax(largest + 4LL * place + k, magnitude_bits(value));
            }
        }
    }
}

// What cannot be summed is remembered: bits 0 to 2 of four bits for each of the four values.
enum Special { kNan = 1, kPlusInf = 2, kMinusInf = 4 };

__device__ inline unsigned special_of(float value) {
    return value != value ? kNan : value > 0.0f ? kPlusInf : kMinusInf;
}

extern "C" __global__ void vfi_splat_fixed(Tensor image, Tensor flow, Tensor weight, unsigned long long* total,
                                           unsigned* special, const unsigned* largest, int n, int first_channel,
                                           int first_row, int rows, int weighting, int bits) {
    const Band band{n, first_channel, first_row, rows};
    const int y = blockIdx.y * blockDim.y + threadIdx.y, x = blockIdx.x * blockDim.x + threadIdx.x;
    if (y >= image.height() || x >= image.width()) return;
    const Throw to(flow, band, y, x);
    if (!to.lands) return;
    const Quad quad = thrown(image, weight, band, weighting, y, x);
    for (int corner = 0; corner < 4; ++corner) {
        const int place = to.place(band, image.width(), corner);
        const float share = to.share(corner);
        if (place < 0 || share == 0.0f) continue;
        for (int k = 0; k < 4; ++k) {
            const float value = quad.v[k] * share;
            if (!is_finite(value)) {
                atomicOr(special + place, special_of(value) << (4 * k));
            } else if (value != 0.0f) {
                const int shift = bits - exponent_of(largest[4LL * place + k]);
                const long long fixed = llrintf(scalbnf(value, shift));
                atomicAdd(total + 4LL * place + k, static_cast<unsigned long long>(fixed));
            }
        }
    }
}

__device__ inline float with_special(float value, unsigned special) {
    const float infinity = __int_as_float(0x7f800000);
    if (!special) return value;
    return special == kPlusInf ? infinity : special == kMinusInf ? -infinity : not_a_number();
}

extern "C" __global__ void vfi_splat_write_fixed(const long long* total, const unsigned* special,
                                                 const unsigned* largest, Tensor out, int n, int first_channel,
                                                 int first_row, int rows, int weighting, int bits, float epsilon) {
    const Band band{n, first_channel, first_row, rows};
    const int row = blockIdx.y * blockDim.y + threadIdx.y, x = blockIdx.x * blockDim.x + threadIdx.x;
    if (row >= rows || x >= out.width()) return;
    const int place = row * out.width() + x;
    Quad sums;
    for (int k = 0; k < 4; ++k) {
        const int shift = exponent_of(largest[4LL * place + k]) - bits;
        const float sum = scalbnf(static_cast<float>(total[4LL * place + k]), shift);
        sums.v[k] = with_special(sum, special[place] >> (4 * k) & 7u);
    }
    write_quad(out, band, sums, weighting, epsilon, row, x);
}

// Both gradients of the plain sum read its gradient back where a pixel was thrown.

struct Landed {
    float g[4];
    __device__ Landed(const Tensor& gradient, const Position& p, int n, int c) {
        for (int k = 0; k < 4; ++k) {
            const int y = p.top + k / 2, x = p.left + k % 2;
            const bool inside = p.valid && y >= 0 && y < gradient.height() && x >= 0 && x < gradient.width();
            g[k] = inside ? read(gradient, n, c, y, x) : 0.0f;
        }
    }
};

extern "C" __global__ void vfi_splat_image_gradient(Tensor gradient, Tensor flow, Tensor target, int channels_a_group) {
    const Place at = place_in(target, channels_a_group);
    if (!at.inside) return;
    const Position p = position_to_throw(flow, at.n, at.y, at.x);
    const float gx = 1.0f - p.fx, gy = 1.0f - p.fy;
    for (int c = at.first; c < at.last; ++c) {
        const Landed on(gradient, p, at.n, c);
        const float value = gy * (gx * on.g[0] + p.fx * on.g[1]) + p.fy * (gx * on.g[2] + p.fx * on.g[3]);
        write(target, at.n, c, at.y, at.x, value);
    }
}

extern "C" __global__ void vfi_splat_flow_gradient(Tensor gradient, Tensor image, Tensor flow, Tensor target) {
    const Place at = place_in(flow, 2);
    if (!at.inside) return;
    const Position p = position_to_throw(flow, at.n, at.y, at.x);
    float along_x = 0.0f, along_y = 0.0f;
    for (int c = 0; p.valid && c < image.channels(); ++c) {
        const Landed on(gradient, p, at.n, c);
        const float value = read(image, at.n, c, at.y, at.x);
        along_x += value * ((1.0f - p.fy) * (on.g[1] - on.g[0]) + p.fy * (on.g[3] - on.g[2]));
        along_y += value * ((1.0f - p.fx) * (on.g[2] - on.g[0]) + p.fx * (on.g[3] - on.g[1]));
    }
    write_float(target, at.n, 0, at.y, at.x, along_x);
    write_float(target, at.n, 1, at.y, at.x, along_y);
}
