// Backward warp, bilinear and Catmull-Rom; see vfi_plugin/kernels/warp.py. One thread a pixel and group of channels:
// the flow is read once, the taps come through the caches, and neighbours read neighbours.
#include "position.cuh"

// The four pixels of a bilinear sample: their places from an image's first element on, in channel 0, and whether they
// are read at all. Index: int where the image is small, else long long.
template <typename Index>
struct Corners {
    Index place[4];
    bool read[4];

    __device__ Corners(const Tensor& t, const Position& p, bool zero_border) {
        for (int k = 0; k < 4; ++k) {
            const int y = p.top + k / 2, x = p.left + k % 2;
            const int row = clamped(y, t.height()), column = clamped(x, t.width());
            read[k] = !zero_border || (row == y && column == x);
            place[k] = row * static_cast<Index>(t.stride[2]) + column * static_cast<Index>(t.stride[3]);
        }
    }

    __device__ float value(const Storage* channel, int k) const { return read[k] ? widened(channel[place[k]]) : 0.0f; }
};

__device__ inline const Storage* first_of(const Tensor& t, int n, int c) { return elements(t) + t.place(n, c, 0, 0); }

template <typename Index>
__device__ inline void warp_pixel(const Tensor& image, const Tensor& out, const Position& p, const Place& at,
                                  bool zero_border) {
    const Corners<Index> corners(image, p, zero_border);
    const float gx = 1.0f - p.fx, gy = 1.0f - p.fy;
    const Storage* channel = first_of(image, at.n, at.first);
    Storage* target = elements(out) + out.place(at.n, at.first, at.y, at.x);
    for (int c = at.first; c < at.last; ++c, channel += image.stride[1], target += out.stride[1]) {
        const float upper = tap(gx, corners.value(channel, 0)) + tap(p.fx, corners.value(channel, 1));
        const float lower = tap(gx, corners.value(channel, 2)) + tap(p.fx, corners.value(channel, 3));
        narrow(p.valid ? tap(gy, upper) + tap(p.fy, lower) : not_a_number(), target);
    }
}

extern "C" __global__ void vfi_warp(Tensor image, Tensor flow, Tensor out, int channels_a_group, int zero_border) {
    const Place at = place_in(out, channels_a_group);
    if (!at.inside) return;
    const Position p = position_to_sample(flow, at, zero_border);
    if (image.is_small()) {
        warp_pixel<int>(image, out, p, at, zero_border);
    } else {
        warp_pixel<long long>(image, out, p, at, zero_border);
    }
}

__device__ inline void catmull_rom(float f, float weights[4]) {
    const float f2 = f * f, f3 = f2 * f;
    weights[0] = 0.5f * (-f3 + 2.0f * f2 - f);
    weights[1] = 0.5f * (3.0f * f3 - 5.0f * f2 + 2.0f);
    weights[2] = 0.5f * (-3.0f * f3 + 4.0f * f2 + f);
    weights[3] = 0.5f * (f3 - f2);
}

// Four rows of four taps, held inside the range of the nearest pixels; a tap beyond a zero border reads 0.
__device__ inline float cubic(const Tensor& image, const Position& p, int n, int c, bool zero_border) {
    float wx[4], wy[4], sum = 0.0f, low = __int_as_float(0x7f800000), high = -low;
    catmull_rom(p.fx, wx);
    catmull_rom(p.fy, wy);
    for (int j = 0; j < 4; ++j) {
        const int y = p.top + j - 1, row = clamped(y, image.height());
        float across = 0.0f;
        for (int i = 0; i < 4; ++i) {
            const int x = p.left + i - 1, column = clamped(x, image.width());
            const bool reads = !zero_border || (row == y && column == x);
            const float value = reads ? read(image, n, c, row, column) : 0.0f;
            across += tap(wx[i], value);
            const bool near = (i == 1 || (i == 2 && p.fx > 0.0f)) && (j == 1 || (j == 2 && p.fy > 0.0f));
            low = near && value < low ? value : low;
            high = near && value > high ? value : high;
        }
        sum += tap(wy[j], across);
    }
    // In this form a sum that is NaN stays NaN.
    sum = sum < low ? low : sum;
    return sum > high ? high : sum;
}

extern "C" __global__ void vfi_warp_cubic(Tensor image, Tensor flow, Tensor out, int channels_a_group,
                                          int zero_border) {
    const Place at = place_in(out, channels_a_group);
    if (!at.inside) return;
    const Position p = position_to_sample(flow, at, zero_border);
    for (int c = at.first; c < at.last; ++c) {
        const float value = p.valid ? cubic(image, p, at.n, c, zero_border) : not_a_number();
        write(out, at.n, c, at.y, at.x, value);
    }
}

// total: float sums, zero before.
extern "C" __global__ void vfi_warp_image_gradient(Tensor gradient, Tensor flow, Tensor total, int channels_a_group,
                                                   int zero_border) {
    const Place at = place_in(gradient, channels_a_group);
    if (!at.inside) return;
    const Position p = position_to_sample(flow, at, zero_border);
    if (!p.valid) return;
    const Corners<long long> corners(total, p, zero_border);
    for (int c = at.first; c < at.last; ++c) {
        const float value = read(gradient, at.n, c, at.y, at.x);
        float* channel = floats(total) + total.place(at.n, c, 0, 0);
        for (int k = 0; k < 4; ++k) {
            const float share = (k % 2 ? p.fx : 1.0f - p.fx) * (k / 2 ? p.fy : 1.0f - p.fy);
            if (corners.read[k]) atomicAdd(channel + corners.place[k], share * value);
        }
    }
}

extern "C" __global__ void vfi_warp_flow_gradient(Tensor gradient, Tensor image, Tensor flow, Tensor target,
                                                  int zero_border) {
    const Place at = place_in(flow, 2);
    if (!at.inside) return;
    const Position p = position_to_sample(flow, at, zero_border);
    const Corners<long long> corners(image, p, zero_border);
    float along_x = 0.0f, along_y = 0.0f;
    for (int c = 0; p.valid && c < image.channels(); ++c) {
        float v[4];
        for (int k = 0; k < 4; ++k) v[k] = corners.value(first_of(image, at.n, c), k);
        const float g = read(gradient, at.n, c, at.y, at.x);
        along_x += g * ((1.0f - p.fy) * (v[1] - v[0]) + p.fy * (v[3] - v[2]));
        along_y += g * ((1.0f - p.fx) * (v[2] - v[0]) + p.fx * (v[3] - v[1]));
    }
    // A coordinate that was clamped does not move with its flow.
    const float px = at.x + read_float(flow, at.n, 0, at.y, at.x), py = at.y + read_float(flow, at.n, 1, at.y, at.x);
    const bool x_moves = zero_border || (px >= 0.0f && px <= image.width() - 1);
    const bool y_moves = zero_border || (py >= 0.0f && py <= image.height() - 1);
    write_float(target, at.n, 0, at.y, at.x, x_moves ? along_x : 0.0f);
    write_float(target, at.n, 1, at.y, at.x, y_moves ? along_y : 0.0f);
}
