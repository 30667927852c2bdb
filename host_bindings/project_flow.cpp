#include <limits>

#include "bands.h"
#include "levels.h"
#include "parallel.h"

namespace vfi {
namespace VFI_LEVEL {
namespace {

// Where the pixels of a row lead, if inside: the edge itself counts, and there is no bilinear share.
struct Throws {
    Positions p;
    Buffer depth;

    explicit Throws(long w) : p(w), depth(w) {}

    void read(const Tensor& flow, const Tensor& weight, long n, long y) {
        const float any = std::numeric_limits<float>::infinity();
        p.to_inside(flow, n, y, any, any);
        read_row(weight, n, 0, y, 0, flow.w(), depth);
    }
};

// Adds (-depth u, -depth v, depth) of row y to the four pixels around each destination that lie in the band.
void throw_row(const Throws& row, const Band& band, long h, long w, float* total) {
    for (long x = 0; x < w; ++x) {
        if (!row.p.valid[x]) continue;
        const float depth = row.depth[x];
        const Quad value = {-depth * row.p.u[x], -depth * row.p.v[x], depth, 0.0f};
        const long left = row.p.left[x], right = std::min(left + 1, w - 1);
        for (const long y : {static_cast<long>(row.p.top[x]), std::min(row.p.top[x] + 1L, h - 1)}) {
            if (y < band.begin || y >= band.end) continue;
            float* target = total + 4 * (y - band.begin) * w;
            add_quad(target + 4 * left, value);
            add_quad(target + 4 * right, value);
        }
    }
}

void project_band(const Tensor& flow, const Tensor& depth, const Reach& reach, long n, const Band& band,
                  const Tensor& out, const Tensor& count) {
    const long h = flow.h(), w = flow.w();
    Buffer total(4 * band.rows() * w);
    Throws throws(w);
    for (long y = 0; y < h; ++y) {
        if (!reach.touches(y, band)) continue;
        throws.read(flow, depth, n, y);
        throw_row(throws, band, h, w, total);
    }
    for (long y = band.begin; y < band.end; ++y) {
        const float* sums = total + 4 * (y - band.begin) * w;
        float *u = out.floats(n, 0, y), *v = out.floats(n, 1, y), *counts = count.floats(n, 0, y);
        for (long x = 0; x < w; ++x, sums += 4) {
            const bool reached = sums[2] > 0.0f;
            u[x] = reached ? sums[0] / sums[2] : 0.0f;
            v[x] = reached ? sums[1] / sums[2] : 0.0f;
            counts[x] = reached ? sums[2] : 0.0f;
        }
    }
}

// What is carried while walking along a line of pixels: the last reached value.
struct Carried {
    float u = 0.0f, v = 0.0f;
    bool found = false;
};

// Holes, part one: each takes the nearest reached values above and below, and minus how many there were as its count.
// Columns are shared out; a reached pixel (count > 0) is never changed, so no hole feeds another.
void add_vertical(const Tensor& out, const Tensor& count, long n, long begin, long end) {
    const long h = out.h();
    for (const bool upwards : {false, true}) {
        std::vector<Carried> carried(end - begin);
        for (long step = 0; step < h; ++step) {
            const long y = upwards ? h - 1 - step : step;
            float *u = out.floats(n, 0, y), *v = out.floats(n, 1, y), *counts = count.floats(n, 0, y);
            for (long x = begin; x < end; ++x) {
                Carried& last = carried[x - begin];
                if (counts[x] > 0.0f) {
                    last = {u[x], v[x], true};
                } else if (last.found) {
                    u[x] += last.u, v[x] += last.v, counts[x] -= 1.0f;
                }
            }
        }
    }
}

// Part two: the same to the left and right within one row, then the mean of what was found; the count is 0 again.
void add_horizontal(const Tensor& out, const Tensor& count, long n, long y) {
    const long w = out.w();
    float *u = out.floats(n, 0, y), *v = out.floats(n, 1, y), *counts = count.floats(n, 0, y);
    for (const bool leftwards : {false, true}) {
        Carried last;
        for (long step = 0; step < w; ++step) {
            const long x = leftwards ? w - 1 - step : step;
            if (counts[x] > 0.0f) {
                last = {u[x], v[x], true};
            } else if (last.found) {
                u[x] += last.u, v[x] += last.v, counts[x] -= 1.0f;
            }
        }
    }
    for (long x = 0; x < w; ++x) {
        if (counts[x] > 0.0f) continue;
        const float found = std::max(-counts[x], 1.0f);
        u[x] /= found, v[x] /= found, counts[x] = 0.0f;
    }
}

void fill(const Tensor& out, const Tensor& count, long n, int threads) {
    parallel_for(out.w(), 10 * out.h(), threads,
                 [&](long begin, long end) { add_vertical(out, count, n, begin, end); });
    parallel_for(out.h(), 10 * out.w(), threads, [&](long begin, long end) {
        for (long y = begin; y < end; ++y) add_horizontal(out, count, n, y);
    });
}

}  // namespace

void project_flow(const Tensor& flow, const Tensor& depth, const Tensor& out, const Tensor& count, bool fill_holes,
                  int threads) {
    for (long n = 0; n < flow.n(); ++n) {
        const Reach reach(flow, n, threads);
        for_bands(flow.h(), flow.w(), 40, threads,
                  [&](const Band& band) { project_band(flow, depth, reach, n, band, out, count); });
        if (fill_holes) fill(out, count, n, threads);
    }
}

void project_flow_backward(const Tensor& gradient, const Tensor& flow, const Tensor& depth, const Tensor& out,
                           const Tensor& count, const Tensor* flow_gradient, const Tensor* depth_gradient,
                           int threads) {
    const long h = flow.h(), w = flow.w();
    parallel_for(flow.n() * h, 60 * w, threads, [&](long begin, long end) {
        Throws t(w);
        Buffer du(w), dv(w), dd(w);
        for (long line = begin; line < end; ++line) {
            const long n = line / h, y = line % h;
            t.read(flow, depth, n, y);
            for (long x = 0; x < w; ++x) {
                du[x] = dv[x] = dd[x] = 0.0f;
                if (!t.p.valid[x]) continue;
                const long rows[2] = {t.p.top[x], std::min(t.p.top[x] + 1L, h - 1)};
                const long columns[2] = {t.p.left[x], std::min(t.p.left[x] + 1L, w - 1)};
                for (int k = 0; k < 4; ++k) {
                    const long row = rows[k / 2], column = columns[k % 2];
                    const float counted = count.floats(n, 0, row)[column];
                    if (!(counted > 0.0f)) continue;
                    const float gu =
                        static_cast<const float*>(gradient.data)[gradient.offset(n, 0, row, column)] / counted;
                    const float gv =
                        static_cast<const float*>(gradient.data)[gradient.offset(n, 1, row, column)] / counted;
                    du[x] -= gu * t.depth[x];
                    dv[x] -= gv * t.depth[x];
                    dd[x] -= gu * (t.p.u[x] + out.floats(n, 0, row)[column]) +
                             gv * (t.p.v[x] + out.floats(n, 1, row)[column]);
                }
            }
            if (flow_gradient)
                write_row(*flow_gradient, n, 0, y, 0, w, du), write_row(*flow_gradient, n, 1, y, 0, w, dv);
            if (depth_gradient) write_row(*depth_gradient, n, 0, y, 0, w, dd);
        }
    });
}

}  // namespace VFI_LEVEL
}  // namespace vfi
