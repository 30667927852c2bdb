#include <limits>

#include "lanes.h"
#include "levels.h"
#include "parallel.h"
#include "positions.h"

#if defined(__AVX512F__)
#include "warp_interleaved.h"
#include "warp_window.h"
#endif

namespace vfi {
namespace VFI_LEVEL {
namespace {

// One pixel of a tensor with its border rule.
struct Source {
    const Tensor& tensor;
    bool zero_border;

    float at(long n, long c, long y, long x) const {
        const long row = std::clamp(y, 0L, tensor.h() - 1), column = std::clamp(x, 0L, tensor.w() - 1);
        if (zero_border && (row != y || column != x)) return 0.0f;
        const long place = tensor.offset(n, c, row, column);
        return tensor.storage == Storage::float32
                   ? static_cast<const float*>(tensor.data)[place]
                   : float_of_half(static_cast<const std::uint16_t*>(tensor.data)[place]);
    }
};

// A weight of zero silences its tap: 0 * Inf would be NaN.
inline float tap(float weight, float value) { return weight != 0.0f ? weight * value : 0.0f; }

inline float linear(const Source& s, long n, long c, long y, long x, float fx, float fy) {
    const float gx = 1.0f - fx, gy = 1.0f - fy;
    const float upper = tap(gx, s.at(n, c, y, x)) + tap(fx, s.at(n, c, y, x + 1));
    const float lower = fy == 0.0f ? 0.0f : tap(gx, s.at(n, c, y + 1, x)) + tap(fx, s.at(n, c, y + 1, x + 1));
    return gy * upper + fy * lower;
}

inline void catmull_rom(float f, float weights[4]) {
    const float f2 = f * f, f3 = f2 * f;
    weights[0] = 0.5f * (-f3 + 2.0f * f2 - f);
    weights[1] = 0.5f * (3.0f * f3 - 5.0f * f2 + 2.0f);
    weights[2] = 0.5f * (-3.0f * f3 + 4.0f * f2 + f);
    weights[3] = 0.5f * (f3 - f2);
}

float cubic(const Source& s, long n, long c, long y, long x, float fx, float fy) {
    if (fx == 0.0f && fy == 0.0f) return s.at(n, c, y, x);
    float wx[4], wy[4];
    catmull_rom(fx, wx);
    catmull_rom(fy, wy);
    float sum = 0.0f, low = std::numeric_limits<float>::infinity(), high = -low;
    for (int j = 0; j < 4; ++j) {
        float across = 0.0f;
        for (int i = 0; i < 4; ++i) {
            const float value = s.at(n, c, y + j - 1, x + i - 1);
            across += tap(wx[i], value);
            const bool near = (i == 1 || (i == 2 && fx > 0.0f)) && (j == 1 || (j == 2 && fy > 0.0f));
            if (near) {
                low = std::min(low, value);
                high = std::max(high, value);
            }
        }
        sum += tap(wy[j], across);
    }
    return std::min(std::max(sum, low), high);
}

// Whether all taps of a bilinear sample lie inside rows of float: then plain pointers do.
bool all_inside(const Positions& p, long first, long last, const Tensor& image) {
    int low_x = p.left[first], high_x = low_x, low_y = p.top[first], high_y = low_y;
    for (long x = first + 1; x < last; ++x) {
        low_x = std::min(low_x, p.left[x]), high_x = std::max(high_x, p.left[x]);
        low_y = std::min(low_y, p.top[x]), high_y = std::max(high_y, p.top[x]);
    }
    return image.rows_are_floats() && low_x >= 0 && low_y >= 0 && high_x + 1 < image.w() && high_y + 1 < image.h();
}

void linear_span_inside(const Tensor& image, const Positions& p, long n, long c, long first, long last, float* target) {
    const float* plane = image.floats(n, c, 0);
    for (long x = first; x < last; ++x) {
        const float* upper = plane + p.top[x] * image.stride[2] + p.left[x];
        const float* lower = upper + image.stride[2];
        const float fx = p.fx[x], gx = 1.0f - fx, fy = p.fy[x], gy = 1.0f - fy;
        const float above = tap(gx, upper[0]) + tap(fx, upper[1]);
        const float below = fy != 0.0f ? tap(gx, lower[0]) + tap(fx, lower[1]) : 0.0f;
        const float value = gy * above + fy * below;
        target[x] = p.valid[x] ? value : std::numeric_limits<float>::quiet_NaN();
    }
}

void warp_span(const Source& s, const Positions& p, long n, long c, long first, long last, int taps, float* target) {
    for (long x = first; x < last; ++x) {
        const long left = p.left[x], top = p.top[x];
        const float value =
            taps == 2 ? linear(s, n, c, top, left, p.fx[x], p.fy[x]) : cubic(s, n, c, top, left, p.fx[x], p.fy[x]);
        target[x] = p.valid[x] ? value : std::numeric_limits<float>::quiet_NaN();
    }
}

// The rows to write, one a channel: the output's own where they are plain floats, else a buffer's.
struct Targets {
    float* first;
    long stride;
    float* row(long c) const { return first + c * stride; }
};

// count pixels, from the first that p and the targets hold.
void warp_row(const Source& s, const Positions& p, long n, long count, int taps, const Targets& to) {
    for (long first = 0; first < count; first += kLanes) {
        const long last = std::min(first + kLanes, count);
#if defined(__AVX512F__)
        Window window;
        if (window.find(p, first, last, s.tensor, taps)) {
            for (long c = 0; c < s.tensor.c(); ++c) window.warp(s.tensor, n, c, taps, to.row(c) + first);
            continue;
        }
#endif
        const bool simple = taps == 2 && all_inside(p, first, last, s.tensor);
        for (long c = 0; c < s.tensor.c(); ++c) {
            if (simple) {
                linear_span_inside(s.tensor, p, n, c, first, last, to.row(c));
            } else {
                warp_span(s, p, n, c, first, last, taps, to.row(c));
            }
        }
    }
}

// Channels side by side in one pixel, as hosts and channels_last tensors have them: one vector is one pixel.
bool is_interleaved(const Tensor& t) {
    return t.storage == Storage::float32 && t.stride[1] == 1 && t.stride[3] == t.c() && (t.c() == 3 || t.c() == 4);
}

// 0 where the weight is 0.
inline Quad tap(float weight, const Quad& value) { return weight != 0.0f ? weight * value : Quad{}; }

template <int C>
void warp_interleaved_pixel(const Source& s, const Positions& p, long n, long x, float* target) {
    const Tensor& image = s.tensor;
    const long left = p.left[x], top = p.top[x];
    const float fx = p.fx[x], fy = p.fy[x], gx = 1.0f - fx, gy = 1.0f - fy;
    // A vector of 4 floats at a pixel of 3 reads one float of the next pixel, so the last column is not for it.
    const bool inside = left >= 0 && top >= 0 && left + 1 + (C == 3) < image.w() && top + 1 < image.h();
    if (!inside || !p.valid[x]) {
        for (long c = 0; c < C; ++c) {
            target[c] = p.valid[x] ? linear(s, n, c, top, left, fx, fy) : std::numeric_limits<float>::quiet_NaN();
        }
        return;
    }
    const float* upper = image.floats(n, 0, top) + left * C;
    const float* lower = upper + image.stride[2];
    const Quad above = tap(gx, load_quad(upper)) + tap(fx, load_quad(upper + C));
    const Quad below = fy != 0.0f ? tap(gx, load_quad(lower)) + tap(fx, load_quad(lower + C)) : Quad{};
    const Quad value = gy * above + fy * below;
    std::memcpy(target, &value, C * sizeof(float));
}

template <int C>
void warp_interleaved_row(const Source& s, const Positions& p, long n, long count, float* target) {
    for (long first = 0; first < count; first += kLanes) {
        const long last = std::min(first + kLanes, count);
#if defined(__AVX512F__)
        InterleavedBlock<C> block;
        if (last - first == kLanes && block.find(p, first, s.tensor)) {
            block.warp(s.tensor, n, target + first * C);
            continue;
        }
#endif
        for (long x = first; x < last; ++x) warp_interleaved_pixel<C>(s, p, n, x, target + x * C);
    }
}

// Positions are worked out for so many pixels at a time, which keeps them in the first-level cache.
constexpr long kPart = 512;

// What one call warps, and how a thread does its parts of rows.
struct Job {
    const Tensor &image, &flow, &out;
    bool zero_border;
    int taps;
    bool interleaved;

    void warp_part(long n, long y, const Columns& part, Positions& positions, float* rows) const {
        const Source source{image, zero_border};
        positions.to_sample(flow, n, y, part, zero_border);
        if (interleaved && image.c() == 3) {
            warp_interleaved_row<3>(source, positions, n, part.count, out.floats(n, 0, y) + part.begin * 3);
        } else if (interleaved) {
            warp_interleaved_row<4>(source, positions, n, part.count, out.floats(n, 0, y) + part.begin * 4);
        } else if (out.rows_are_floats()) {
            warp_row(source, positions, n, part.count, taps, {out.floats(n, 0, y) + part.begin, out.stride[1]});
        } else {
            warp_row(source, positions, n, part.count, taps, {rows, kPart});
            for (long c = 0; c < image.c(); ++c) {
                write_row(out, n, c, y, part.begin, part.count, rows + c * kPart);
            }
        }
    }
};

}  // namespace

void warp(const Tensor& image, const Tensor& flow, const Tensor& out, bool zero_border, int taps, int threads) {
    const bool interleaved = taps == 2 && is_interleaved(image) && is_interleaved(out);
    const Job job{image, flow, out, zero_border, taps, interleaved};
    const long lines = image.n() * image.h(), w = image.w(), channels = image.c();
    parallel_for(lines, w * channels * taps * taps, threads, [&](long begin, long end) {
        Positions positions(kPart);
        Buffer rows(channels * kPart);
        for (long line = begin; line < end; ++line) {
            for (long x = 0; x < w; x += kPart) {
                job.warp_part(line / image.h(), line % image.h(), {x, std::min(kPart, w - x)}, positions, rows);
            }
        }
    });
}

}  // namespace VFI_LEVEL
}  // namespace vfi
