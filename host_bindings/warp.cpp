#include "warp.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "parallel.h"

namespace vfi {
namespace {

// Where one output row reads from: the top-left tap and the fractions beyond it.
struct Row {
    std::vector<int> left, top;
    std::vector<float> fx, fy;
    std::vector<unsigned char> finite;
    explicit Row(long w) : left(w), top(w), fx(w), fy(w), finite(w) {}
};

void locate(const float* u, const float* v, long y, const Shape& s, Border border, Row& row) {
    // Positions further out than this all read the same (the edge, or nothing), and int stays safe.
    const float far_x = static_cast<float>(s.w) + 4.0f, far_y = static_cast<float>(s.h) + 4.0f;
    for (long x = 0; x < s.w; ++x) {
        float px = static_cast<float>(x) + u[x], py = static_cast<float>(y) + v[x];
        row.finite[x] = std::isfinite(px) && std::isfinite(py);
        if (!row.finite[x]) px = py = 0.0f;
        if (border == Border::clamp) {
            px = std::min(std::max(px, 0.0f), static_cast<float>(s.w - 1));
            py = std::min(std::max(py, 0.0f), static_cast<float>(s.h - 1));
        } else {
            px = std::min(std::max(px, -4.0f), far_x);
            py = std::min(std::max(py, -4.0f), far_y);
        }
        const float left = std::floor(px), top = std::floor(py);
        row.left[x] = static_cast<int>(left);
        row.top[x] = static_cast<int>(top);
        row.fx[x] = px - left;
        row.fy[x] = py - top;
    }
}

// One plane with its border rule.
struct Plane {
    const float* pixels;
    long h, w;
    Border border;

    float at(long y, long x) const {
        if (border == Border::clamp) {
            return pixels[std::clamp(y, 0L, h - 1) * w + std::clamp(x, 0L, w - 1)];
        }
        return (x < 0 || y < 0 || x >= w || y >= h) ? 0.0f : pixels[y * w + x];
    }
    bool inside(long y, long x, long margin) const {
        return x >= margin && y >= margin && x + 1 + margin < w && y + 1 + margin < h;
    }
};

// A weight of zero silences its tap: 0 * Inf would be NaN.
inline float tap(float weight, float value) { return weight != 0.0f ? weight * value : 0.0f; }

float linear(const Plane& p, long y, long x, float fx, float fy) {
    float v00, v01, v10, v11;
    if (p.inside(y, x, 0)) {
        const float* at = p.pixels + y * p.w + x;
        v00 = at[0], v01 = at[1], v10 = at[p.w], v11 = at[p.w + 1];
    } else {
        v00 = p.at(y, x), v01 = p.at(y, x + 1), v10 = p.at(y + 1, x), v11 = p.at(y + 1, x + 1);
    }
    const float gx = 1.0f - fx, gy = 1.0f - fy;
    return tap(gy * gx, v00) + tap(gy * fx, v01) + tap(fy * gx, v10) + tap(fy * fx, v11);
}

void catmull_rom(float f, float weights[4]) {
    const float f2 = f * f, f3 = f2 * f;
    weights[0] = 0.5f * (-f3 + 2.0f * f2 - f);
    weights[1] = 0.5f * (3.0f * f3 - 5.0f * f2 + 2.0f);
    weights[2] = 0.5f * (-3.0f * f3 + 4.0f * f2 + f);
    weights[3] = 0.5f * (f3 - f2);
}

float cubic(const Plane& p, long y, long x, float fx, float fy) {
    if (fx == 0.0f && fy == 0.0f) return p.at(y, x);
    float wx[4], wy[4];
    catmull_rom(fx, wx);
    catmull_rom(fy, wy);
    const bool inside = p.inside(y, x, 1);
    float sum = 0.0f, low = std::numeric_limits<float>::infinity(), high = -low;
    for (int j = 0; j < 4; ++j) {
        float across = 0.0f;
        for (int i = 0; i < 4; ++i) {
            const float value = inside ? p.pixels[(y + j - 1) * p.w + x + i - 1] : p.at(y + j - 1, x + i - 1);
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

}  // namespace

void warp(const float* image, const float* flow, float* out, const Shape& s, Border border, Taps taps, int threads) {
    parallel_for(s.n * s.h, threads, [&](long begin, long end) {
        Row row(s.w);
        for (long line = begin; line < end; ++line) {
            const long n = line / s.h, y = line % s.h;
            const float* u = flow + n * 2 * s.plane() + y * s.w;
            locate(u, u + s.plane(), y, s, border, row);
            for (long c = 0; c < s.c; ++c) {
                const long plane = (n * s.c + c) * s.plane();
                const Plane source{image + plane, s.h, s.w, border};
                float* target = out + plane + y * s.w;
                for (long x = 0; x < s.w; ++x) {
                    const float value = taps == Taps::linear
                                            ? linear(source, row.top[x], row.left[x], row.fx[x], row.fy[x])
                                            : cubic(source, row.top[x], row.left[x], row.fx[x], row.fy[x]);
                    target[x] = row.finite[x] ? value : std::numeric_limits<float>::quiet_NaN();
                }
            }
        }
    });
}

}  // namespace vfi
