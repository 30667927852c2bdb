// Flow projection; see vfi_plugin/kernels/project_flow.py. Sums are in fixed point, so that they are the same bits in
// any order of the atomic additions: `total` (rows, W, 3) holds depth times u, v and 1 for one image and one band of
// output rows. Each of the three gets the power of two that brings its largest value to `bits` bits; the caller leaves
// room for all pixels to meet.
#include "position.cuh"

struct Thrown {
    Position p;
    float v[3];

    __device__ Thrown(const Tensor& flow, const Tensor& depth, int n, int y, int x) {
        p = position_inside(flow, n, y, x);
        const float weight = read(depth, n, 0, y, x);
        v[0] = -weight * read_float(flow, n, 0, y, x);
        v[1] = -weight * read_float(flow, n, 1, y, x);
        v[2] = weight;
        p.valid = p.valid && is_finite(v[0]) && is_finite(v[1]) && is_finite(v[2]);
    }

    // The first of the three sums at corner k in a band, or -1 outside: without a bilinear share, and twice in the last
    // row or column where there is none beyond.
    __device__ long long place(const Tensor& flow, int k, int first_row, int rows) const {
        const int row = clamped(p.top + k / 2, flow.height()) - first_row;
        return row < 0 || row >= rows ? -1 : 3LL * (row * flow.width() + clamped(p.left + k % 2, flow.width()));
    }
};

__device__ inline int exponent_of(unsigned bits) { return static_cast<int>(bits >> 23) - 126; }

// largest: 3 words a pixel of the band, 0 before: the bits of the largest magnitudes that are thrown there. Bits of
// floats that are not negative are in the order of the floats.
extern "C" __global__ void vfi_project_flow_largest(Tensor flow, Tensor depth, unsigned* largest, int n, int first_row,
                                                    int rows) {
    const int y = blockIdx.y * blockDim.y + threadIdx.y, x = blockIdx.x * blockDim.x + threadIdx.x;
    if (y >= flow.height() || x >= flow.width()) return;
    const Thrown thrown(flow, depth, n, y, x);
    for (int corner = 0; thrown.p.valid && corner < 4; ++corner) {
        const long long place = thrown.place(flow, corner, first_row, rows);
        for (int k = 0; place >= 0 && k < 3; ++k) {
            atomicMax(largest + place + k, static_cast<unsigned>(__float_as_int(fabsf(thrown.v[k]))));
        }
    }
}

extern "C" __global__ void vfi_project_flow(Tensor flow, Tensor depth, unsigned long long* total,
                                            const unsigned* largest, int n, int first_row, int rows, int bits) {
    const int y = blockIdx.y * blockDim.y + threadIdx.y, x = blockIdx.x * blockDim.x + threadIdx.x;
    if (y >= flow.height() || x >= flow.width()) return;
    const Thrown thrown(flow, depth, n, y, x);
    for (int corner = 0; thrown.p.valid && corner < 4; ++corner) {
        const long long place = thrown.place(flow, corner, first_row, rows);
        for (int k = 0; place >= 0 && k < 3; ++k) {
            const long long fixed = llrintf(scalbnf(thrown.v[k], bits - exponent_of(largest[place + k])));
            atomicAdd(total + place + k, static_cast<unsigned long long>(fixed));
        }
    }
}

extern "C" __global__ void vfi_project_flow_mean(const long long* total, const unsigned* largest, Tensor out,
                                                 Tensor count, int n, int first_row, int rows, int bits) {
    const int row = blockIdx.y * blockDim.y + threadIdx.y, x = blockIdx.x * blockDim.x + threadIdx.x;
    if (row >= rows || x >= out.width()) return;
    float sums[3];
    for (int k = 0; k < 3; ++k) {
        const long long place = 3LL * (row * out.width() + x) + k;
        sums[k] = scalbnf(static_cast<float>(total[place]), exponent_of(largest[place]) - bits);
    }
    const bool reached = sums[2] > 0.0f;
    write_float(out, n, 0, first_row + row, x, reached ? sums[0] / sums[2] : 0.0f);
    write_float(out, n, 1, first_row + row, x, reached ? sums[1] / sums[2] : 0.0f);
    write_float(count, n, 0, first_row + row, x, sums[2]);
}

// Gives every hole the mean of the nearest reached pixels in four directions. Only holes are written and only reached
// pixels read, so no hole feeds another, in whatever order they are filled.
extern "C" __global__ void vfi_project_flow_fill(Tensor out, Tensor count) {
    const Place at = place_in(count, 1);
    if (!at.inside || read_float(count, at.n, 0, at.y, at.x) > 0.0f) return;
    float u = 0.0f, v = 0.0f, found = 0.0f;
    for (int direction = 0; direction < 4; ++direction) {
        const int step_x = direction == 0 ? -1 : direction == 1 ? 1 : 0, step_y = direction == 2 ? -1 : direction == 3;
        int x = at.x + step_x, y = at.y + step_y;
        while (x >= 0 && x < out.width() && y >= 0 && y < out.height() && !(read_float(count, at.n, 0, y, x) > 0.0f)) {
            x += step_x, y += step_y;
        }
        if (x < 0 || x >= out.width() || y < 0 || y >= out.height()) continue;
        u += read_float(out, at.n, 0, y, x), v += read_float(out, at.n, 1, y, x), found += 1.0f;
    }
    write_float(out, at.n, 0, at.y, at.x, u / fmaxf(found, 1.0f));
    write_float(out, at.n, 1, at.y, at.x, v / fmaxf(found, 1.0f));
}

extern "C" __global__ void vfi_project_flow_gradients(Tensor gradient, Tensor flow, Tensor depth, Tensor out,
                                                      Tensor count, Tensor to_flow, Tensor to_depth) {
    const Place at = place_in(flow, 2);
    if (!at.inside) return;
    const Thrown thrown(flow, depth, at.n, at.y, at.x);
    const float u = read_float(flow, at.n, 0, at.y, at.x), v = read_float(flow, at.n, 1, at.y, at.x);
    float du = 0.0f, dv = 0.0f, dd = 0.0f;
    for (int corner = 0; thrown.p.valid && corner < 4; ++corner) {
        const int y = clamped(thrown.p.top + corner / 2, flow.height());
        const int x = clamped(thrown.p.left + corner % 2, flow.width());
        const float counted = read_float(count, at.n, 0, y, x);
        if (!(counted > 0.0f)) continue;
        const float gu = read_float(gradient, at.n, 0, y, x) / counted,
                    gv = read_float(gradient, at.n, 1, y, x) / counted;
        du -= gu * thrown.v[2], dv -= gv * thrown.v[2];
        dd -= gu * (u + read_float(out, at.n, 0, y, x)) + gv * (v + read_float(out, at.n, 1, y, x));
    }
    write_float(to_flow, at.n, 0, at.y, at.x, du);
    write_float(to_flow, at.n, 1, at.y, at.x, dv);
    write(to_depth, at.n, 0, at.y, at.x, dd);
}
