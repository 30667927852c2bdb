// What every kernel here is handed: somebody else's memory as four axes, and how its elements are read and written.
//
// Images, kernels and their gradients are stored in `Storage`: float, or half where VFI_HALF is defined. Arithmetic is
// float, and flow is stored in float too, because a half-precision coordinate is off by a pixel beyond column 2048.
// No header of the CUDA toolkit is included: where CuPy compiles this, there may be none.
#pragma once

// A test that runs kernels on a CPU defines this to check every element's place; on a GPU it costs nothing.
#ifndef VFI_CHECK_PLACE
#define VFI_CHECK_PLACE(tensor, n, c, y, x)
#endif

// The same layout as TENSOR in launching.py. Strides are in elements, of any sign or 0.
struct Tensor {
    void* data;
    int size[4];  // N, C, H, W
    long long stride[4];

    __device__ int channels() const { return size[1]; }
    __device__ int height() const { return size[2]; }
    __device__ int width() const { return size[3]; }
    // Whether every place within one image fits an int: 64-bit products are several times as many instructions.
    __device__ bool is_small() const {
        const long long last = (size[1] - 1) * stride[1] + (size[2] - 1) * stride[2] + (size[3] - 1) * stride[3];
        return stride[1] >= 0 && stride[2] >= 0 && stride[3] >= 0 && last < 0x7fffffffLL;
    }
    __device__ long long place(int n, int c, int y, int x) const {
        VFI_CHECK_PLACE(*this, n, c, y, x);
        return n * stride[0] + c * stride[1] + y * stride[2] + x * stride[3];
    }
};

#if defined(VFI_HALF)
typedef unsigned short Storage;
#else
typedef float Storage;
#endif

#ifndef VFI_ON_CPU
__device__ inline float float_of_half(unsigned short half) {
    float value;
    asm("cvt.f32.f16 %0, %1;" : "=f"(value) : "h"(half));
    return value;
}

__device__ inline unsigned short half_of_float(float value) {
    unsigned short half;
    asm("cvt.rn.f16.f32 %0, %1;" : "=h"(half) : "f"(value));
    return half;
}
#endif

__device__ inline float widened(float value) { return value; }
__device__ inline float widened(unsigned short half) { return float_of_half(half); }
__device__ inline void narrow(float value, float* target) { *target = value; }
__device__ inline void narrow(float value, unsigned short* target) { *target = half_of_float(value); }

__device__ inline Storage* elements(const Tensor& t) { return static_cast<Storage*>(t.data); }
__device__ inline float* floats(const Tensor& t) { return static_cast<float*>(t.data); }

// Elements of a tensor of Storage.
__device__ inline float read(const Tensor& t, int n, int c, int y, int x) {
    return widened(elements(t)[t.place(n, c, y, x)]);
}
__device__ inline void write(const Tensor& t, int n, int c, int y, int x, float value) {
    narrow(value, elements(t) + t.place(n, c, y, x));
}

// Elements of a tensor that is float whatever Storage is: flow, counts, sums.
__device__ inline float read_float(const Tensor& t, int n, int c, int y, int x) {
    return floats(t)[t.place(n, c, y, x)];
}
__device__ inline void write_float(const Tensor& t, int n, int c, int y, int x, float value) {
    floats(t)[t.place(n, c, y, x)] = value;
}

__device__ inline int clamped(int index, int size) { return index < 0 ? 0 : index < size ? index : size - 1; }

__device__ inline float not_a_number() { return __int_as_float(0x7fc00000); }

__device__ inline bool is_finite(float value) { return value - value == 0.0f; }

// A weight of zero silences its value: 0 * Inf would be NaN.
__device__ inline float tap(float weight, float value) { return weight != 0.0f ? weight * value : 0.0f; }

// The pixel and the channels that a thread works on, one thread a pixel: blocks tile rows and columns, and blockIdx.z
// counts images times groups of channels.
struct Place {
    int n, first, last, y, x;  // channels [first, last)
    bool inside;
};

__device__ inline Place place_in(const Tensor& t, int channels_a_group) {
    const int groups = (t.channels() + channels_a_group - 1) / channels_a_group;
    Place at;
    at.n = blockIdx.z / groups;
    at.first = blockIdx.z % groups * channels_a_group;
    at.last = min(at.first + channels_a_group, t.channels());
    at.y = blockIdx.y * blockDim.y + threadIdx.y;
    at.x = blockIdx.x * blockDim.x + threadIdx.x;
    at.inside = at.y < t.height() && at.x < t.width();
    return at;
}
