// Adaptive warping; see vfi_plugin/kernels/filter_warp.py. One thread a pixel and group of channels: flow and kernel
// are read once for all channels of the group.
#include "position.cuh"

// The window of side x side pixels around where the flow leads.
struct FilterWindow {
    Position p;
    int side, row, column;  // of its first pixel, which may lie outside

    __device__ FilterWindow(const Tensor& flow, int kernel_side, const Place& at) : side(kernel_side) {
        p = position_inside(flow, at.n, at.y, at.x);
        const float u = read_float(flow, at.n, 0, at.y, at.x), v = read_float(flow, at.n, 1, at.y, at.x);
        p.valid = p.valid && fabsf(u) < 0.5f * flow.width() && fabsf(v) < 0.5f * flow.height();
        row = p.top + 1 - side / 2;
        column = p.left + 1 - side / 2;
    }

    __device__ float share_x(int k) const { return k % side < side / 2 ? 1.0f - p.fx : p.fx; }
    __device__ float share_y(int k) const { return k / side < side / 2 ? 1.0f - p.fy : p.fy; }
    __device__ long long place(const Tensor& t, int n, int k) const {
        return t.place(n, 0, clamped(row + k / side, t.height()), clamped(column + k % side, t.width()));
    }
};

// kSide: the side of the kernel where it is known when this is compiled, so that its weights stay in registers; else 0.
template <int kSide>
__device__ inline void filter_pixel(const Tensor& image, const Tensor& kernels, const Tensor& out,
                                    const FilterWindow& window, const Place& at) {
    constexpr int kKept = kSide ? kSide * kSide : 1;
    float kept[kKept];
    if (kSide) {
        for (int k = 0; k < kKept; ++k) {
            kept[k] = read(kernels, at.n, k, at.y, at.x) * (window.share_y(k) * window.share_x(k));
        }
    }
    const int count = kSide ? kKept : window.side * window.side;
    for (int c = at.first; c < at.last; ++c) {
        float sum = 0.0f;
        for (int k = 0; k < count; ++k) {
            const float value = widened(elements(image)[window.place(image, at.n, k) + c * image.stride[1]]);
            const float weight = kSide ? kept[kSide ? k : 0]
                                       : read(kernels, at.n, k, at.y, at.x) * (window.share_y(k) * window.share_x(k));
            sum += weight * value;
        }
        write(out, at.n, c, at.y, at.x, sum);
    }
}

extern "C" __global__ void vfi_filter_warp(Tensor image, Tensor flow, Tensor kernels, Tensor out, int channels_a_group,
                                           int side) {
    const Place at = place_in(out, channels_a_group);
    if (!at.inside) return;
    const FilterWindow window(flow, side, at);
    if (!window.p.valid) {
        for (int c = at.first; c < at.last; ++c) write(out, at.n, c, at.y, at.x, read(image, at.n, c, at.y, at.x));
    } else if (side == 4) {
        filter_pixel<4>(image, kernels, out, window, at);
    } else {
        filter_pixel<0>(image, kernels, out, window, at);
    }
}

// total: float sums, zero before.
extern "C" __global__ void vfi_filter_warp_image_gradient(Tensor gradient, Tensor flow, Tensor kernels, Tensor total,
                                                          int channels_a_group, int side) {
    const Place at = place_in(gradient, channels_a_group);
    if (!at.inside) return;
    const FilterWindow window(flow, side, at);
    for (int k = 0; k < (window.p.valid ? side * side : 1); ++k) {
        const long long place = window.p.valid ? window.place(total, at.n, k) : total.place(at.n, 0, at.y, at.x);
        const float weight =
            window.p.valid ? read(kernels, at.n, k, at.y, at.x) * (window.share_y(k) * window.share_x(k)) : 1.0f;
        for (int c = at.first; c < at.last; ++c) {
            atomicAdd(floats(total) + place + c * total.stride[1], weight * read(gradient, at.n, c, at.y, at.x));
        }
    }
}

// Every tap's sum over channels of gradient times image: what the gradients of kernel and flow are both made of.
extern "C" __global__ void vfi_filter_warp_other_gradients(Tensor gradient, Tensor image, Tensor flow, Tensor kernels,
                                                           Tensor to_flow, Tensor to_kernels, int side) {
    const Place at = place_in(flow, 2);
    if (!at.inside) return;
    const FilterWindow window(flow, side, at);
    float along_x = 0.0f, along_y = 0.0f;
    for (int k = 0; k < side * side; ++k) {
        float sum = 0.0f;
        const long long place = window.p.valid ? window.place(image, at.n, k) : 0;
        for (int c = 0; window.p.valid && c < image.channels(); ++c) {
            sum += read(gradient, at.n, c, at.y, at.x) * widened(elements(image)[place + c * image.stride[1]]);
        }
        write(to_kernels, at.n, k, at.y, at.x, sum * (window.share_y(k) * window.share_x(k)));
        // A share changes by plus or minus one with its coordinate.
        const float part = sum * read(kernels, at.n, k, at.y, at.x);
        along_x += (k % side < side / 2 ? -part : part) * window.share_y(k);
        along_y += (k / side < side / 2 ? -part : part) * window.share_x(k);
    }
    write_float(to_flow, at.n, 0, at.y, at.x, along_x);
    write_float(to_flow, at.n, 1, at.y, at.x, along_y);
}
