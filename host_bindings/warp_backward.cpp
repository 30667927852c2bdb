#include "levels.h"
#include "parallel.h"
#include "positions.h"

namespace vfi {
namespace VFI_LEVEL {
namespace {

// The four pixels around a position: their places in a plane, or -1 where the border gives 0 instead.
struct Corners {
    long place[4];
    float share[4], along_x[4], along_y[4];

    Corners(const Tensor& image, long top, long left, float fx, float fy, bool zero_border) {
        for (int k = 0; k < 4; ++k) {
            const long y = top + k / 2, x = left + k % 2;
            const long row = std::clamp(y, 0L, image.h() - 1), column = std::clamp(x, 0L, image.w() - 1);
            place[k] = zero_border && (row != y || column != x) ? -1 : row * image.w() + column;
            const float wx = k % 2 ? fx : 1.0f - fx, wy = k / 2 ? fy : 1.0f - fy;
            share[k] = wx * wy;
            along_x[k] = (k % 2 ? 1.0f : -1.0f) * wy;
            along_y[k] = (k / 2 ? 1.0f : -1.0f) * wx;
        }
    }
};

// A coordinate that was clamped does not move with its flow.
bool moves(float position, long size, bool zero_border) {
    return zero_border || (position >= 0.0f && position <= static_cast<float>(size - 1));
}

// One plane's gradient is added up in reading order by one thread: the same bits in every run.
void image_gradient_plane(const Tensor& gradient, const Tensor& image, const Tensor& flow, const Tensor& target, long n,
                          long c, bool zero_border) {
    const long h = image.h(), w = image.w();
    Positions p(w);
    PlaneSum total(target, n, c);
    Buffer row(w);
    for (long y = 0; y < h; ++y) {
        p.to_sample(flow, n, y, zero_border);
        read_row(gradient, n, c, y, 0, w, row);
        for (long x = 0; x < w; ++x) {
            if (!p.valid[x]) continue;
            const Corners corners(image, p.top[x], p.left[x], p.fx[x], p.fy[x], zero_border);
            for (int k = 0; k < 4; ++k) {
                if (corners.place[k] >= 0) total.row(0)[corners.place[k]] += corners.share[k] * row[x];
            }
        }
    }
    total.finish();
}

// A plane of the image as floats: itself where it lies so already.
const float* plane_of(const Tensor& image, long n, long c, std::vector<float>& scratch) {
    if (image.rows_are_floats() && image.stride[2] == image.w()) return image.floats(n, c, 0);
    scratch.resize(image.h() * image.w());
    for (long y = 0; y < image.h(); ++y) read_row(image, n, c, y, 0, image.w(), scratch.data() + y * image.w());
    return scratch.data();
}

void flow_gradient_rows(const Tensor& gradient, const Tensor& image, const Tensor& flow, const Tensor& target, long n,
                        bool zero_border, long begin, long end) {
    const long w = image.w();
    Positions p(w);
    Buffer row(w), sums(2 * w);
    std::vector<float> scratch;
    for (long y = begin; y < end; ++y) write_row(target, n, 0, y, 0, w, sums), write_row(target, n, 1, y, 0, w, sums);
    for (long c = 0; c < image.c(); ++c) {
        const float* plane = plane_of(image, n, c, scratch);
        for (long y = begin; y < end; ++y) {
            p.to_sample(flow, n, y, zero_border);
            read_row(gradient, n, c, y, 0, w, row);
            float *along_x = target.floats(n, 0, y), *along_y = target.floats(n, 1, y);
            for (long x = 0; x < w; ++x) {
                if (!p.valid[x]) continue;
                const Corners corners(image, p.top[x], p.left[x], p.fx[x], p.fy[x], zero_border);
                float dx = 0.0f, dy = 0.0f;
                for (int k = 0; k < 4; ++k) {
                    const float value = corners.place[k] < 0 ? 0.0f : plane[corners.place[k]];
                    dx += corners.along_x[k] * value;
                    dy += corners.along_y[k] * value;
                }
                const bool x_moves = moves(static_cast<float>(x) + p.u[x], image.w(), zero_border);
                const bool y_moves = moves(static_cast<float>(y) + p.v[x], image.h(), zero_border);
                if (x_moves) along_x[x] += row[x] * dx;
                if (y_moves) along_y[x] += row[x] * dy;
            }
        }
    }
}

}  // namespace

void warp_backward(const Tensor& gradient, const Tensor& image, const Tensor& flow, const Tensor* image_gradient,
                   const Tensor* flow_gradient, bool zero_border, int threads) {
    const long h = image.h(), w = image.w();
    if (image_gradient) {
        parallel_for(image.n() * image.c(), 40 * h * w, threads, [&](long begin, long end) {
            for (long plane = begin; plane < end; ++plane) {
                image_gradient_plane(gradient, image, flow, *image_gradient, plane / image.c(), plane % image.c(),
                                     zero_border);
            }
        });
    }
    if (!flow_gradient) return;
    for (long n = 0; n < image.n(); ++n) {
        parallel_for(h, 60 * w * image.c(), threads, [&](long begin, long end) {
            flow_gradient_rows(gradient, image, flow, *flow_gradient, n, zero_border, begin, end);
        });
    }
}

}  // namespace VFI_LEVEL
}  // namespace vfi
