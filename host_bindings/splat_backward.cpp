#include "levels.h"
#include "parallel.h"
#include "positions.h"

namespace vfi {
namespace VFI_LEVEL {
namespace {

// The gradient of the sum, read back at the four pixels a source pixel was thrown at. Two rows of it at a time.
struct Landed {
    const Tensor& gradient;

    float at(const float* plane, long y, long x) const {
        const long h = gradient.h(), w = gradient.w();
        return y < 0 || x < 0 || y >= h || x >= w ? 0.0f : plane[y * w + x];
    }
};

void copy_plane(const Tensor& t, long n, long c, std::vector<float>& plane) {
    plane.resize(t.h() * t.w());
    for (long y = 0; y < t.h(); ++y) read_row(t, n, c, y, 0, t.w(), plane.data() + y * t.w());
}

struct Rows {
    Buffer image, along_x, along_y, gathered;
    explicit Rows(long w) : image(w), along_x(w), along_y(w), gathered(w) {}
};

void gather_row(const Landed& landed, const float* plane, const Positions& p, long w, Rows& rows) {
    for (long x = 0; x < w; ++x) {
        rows.gathered[x] = 0.0f;
        if (!p.valid[x]) continue;
        const long left = p.left[x], top = p.top[x];
        const float fx = p.fx[x], gx = 1.0f - fx, fy = p.fy[x], gy = 1.0f - fy;
        const float g00 = landed.at(plane, top, left), g01 = landed.at(plane, top, left + 1);
        const float g10 = landed.at(plane, top + 1, left), g11 = landed.at(plane, top + 1, left + 1);
        rows.gathered[x] = gy * (gx * g00 + fx * g01) + fy * (gx * g10 + fx * g11);
        rows.along_x[x] += rows.image[x] * (gy * (g01 - g00) + fy * (g11 - g10));
        rows.along_y[x] += rows.image[x] * (gx * (g10 - g00) + fx * (g11 - g01));
    }
}

}  // namespace

void splat_sum_backward(const Tensor& gradient, const Tensor& image, const Tensor& flow, const Tensor* image_gradient,
                        const Tensor* flow_gradient, int threads) {
    const long w = image.w();
    const Landed landed{gradient};
    std::vector<float> plane;
    for (long n = 0; n < image.n(); ++n) {
        for (long c = 0; c < image.c(); ++c) {
            copy_plane(gradient, n, c, plane);
            parallel_for(image.h(), 40 * w, threads, [&](long begin, long end) {
                Positions p(w);
                Rows rows(w);
                for (long y = begin; y < end; ++y) {
                    p.to_throw(flow, n, y);
                    read_row(image, n, c, y, 0, w, rows.image);
                    if (flow_gradient && c > 0) {
                        read_row(*flow_gradient, n, 0, y, 0, w, rows.along_x);
                        read_row(*flow_gradient, n, 1, y, 0, w, rows.along_y);
                    } else {
                        rows.along_x.clear();
                        rows.along_y.clear();
                    }
                    gather_row(landed, plane.data(), p, w, rows);
                    if (image_gradient) write_row(*image_gradient, n, c, y, 0, w, rows.gathered);
                    if (!flow_gradient) continue;
                    write_row(*flow_gradient, n, 0, y, 0, w, rows.along_x);
                    write_row(*flow_gradient, n, 1, y, 0, w, rows.along_y);
                }
            });
        }
    }
}

}  // namespace VFI_LEVEL
}  // namespace vfi
