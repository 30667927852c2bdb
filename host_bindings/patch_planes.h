// Pictures as the patch search looks at them: whole sixteenths of an 8-bit code, at ever smaller sizes, with gradients.
#pragma once

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "rows.h"
#include "short_lanes.h"

namespace vfi {
namespace {

constexpr long kCell = 4;           // motion is that of cells of so many pixels a side
constexpr long kPad = 16;           // around a plane: a patch may lie outside by its own size
constexpr long kSmallestSide = 16;  // of the coarsest level: two patches
constexpr float kScale = 16.0f;     // of a code; sums over 64 pixels of products of two differences then fit an int

// A plane whose edge pixels go on around it.
class Plane {
  public:
    Plane(long h, long w) : h_(h), w_(w), stride_(w + 2 * kPad), memory_(new Code[(h + 2 * kPad) * stride_]) {}
    long h() const { return h_; }
    long w() const { return w_; }
    long stride() const { return stride_; }
    Code* at(long y, long x) { return memory_.get() + ((y + kPad) * stride_ + x + kPad); }
    const Code* at(long y, long x) const { return memory_.get() + ((y + kPad) * stride_ + x + kPad); }

    void pad() {
        for (long y = 0; y < h_; ++y) {
            std::fill_n(at(y, -kPad), kPad, *at(y, 0));
            std::fill_n(at(y, w_), kPad, *at(y, w_ - 1));
        }
        for (long y = 1; y <= kPad; ++y) {
            std::copy_n(at(0, -kPad), stride_, at(-y, -kPad));
            std::copy_n(at(h_ - 1, -kPad), stride_, at(h_ - 1 + y, -kPad));
        }
    }

  private:
    long h_, w_, stride_;
    std::unique_ptr<Code[]> memory_;
};

// Rec. 709 luma of RGB in [0, 1]; what is no number, or outside, is taken as the nearest that is allowed.
inline void luma_row(const float* __restrict r, const float* __restrict g, const float* __restrict b, long count,
                     Code* __restrict to) {
    for (long x = 0; x < count; ++x) {
        const float codes = (0.2126f * r[x] + 0.7152f * g[x] + 0.0722f * b[x]) * (255.0f * kScale);
        const float above = codes > 0.0f ? codes : 0.0f;
        const float inside = above < 255.0f * kScale ? above : 255.0f * kScale;
        to[x] = static_cast<Code>(static_cast<int>(inside + 0.5f));
    }
}

// Adds a row's values to those of its cells.
inline void add_to_cells(const float* __restrict row, long cells, float* __restrict sums) {
    for (long cell = 0; cell < cells; ++cell) {
        const float* at = row + kCell * cell;
        sums[cell] += (at[0] + at[1]) + (at[2] + at[3]);
    }
}

// The luma of a guide (1, 3, H, W); cells[which] becomes its mean in cells, edges going on.
inline Plane luma(const Tensor& guide, const Tensor& cells, long which) {
    Plane plane(guide.h(), guide.w());
    const long across = cells.w(), w = kCell * across;
    Buffer rows(3 * w), sums(3 * across);
    for (long y = 0; y < kCell * cells.h(); ++y) {
        for (long c = 0; c < 3; ++c) {
            read_row_clamped(guide, 0, c, y, 0, w, rows + c * w);
            add_to_cells(rows + c * w, across, sums + c * across);
        }
        if (y < guide.h()) luma_row(rows, rows + w, rows + 2 * w, guide.w(), plane.at(y, 0));
        if ((y + 1) % kCell) continue;
        for (long at = 0; at < 3 * across; ++at) sums[at] *= 1.0f / (kCell * kCell);
        for (long c = 0; c < 3; ++c) write_row(cells, which, c, y / kCell, 0, across, sums + c * across);
        sums.clear();
    }
    plane.pad();
    return plane;
}

inline Plane halved(const Plane& fine) {
    Plane coarse((fine.h() + 1) / 2, (fine.w() + 1) / 2);
    for (long y = 0; y < coarse.h(); ++y) {
        const Code* __restrict upper = fine.at(2 * y, 0), * __restrict lower = fine.at(2 * y + 1, 0);
        Code* __restrict to = coarse.at(y, 0);
        for (long x = 0; x < coarse.w(); ++x) {
            to[x] = static_cast<Code>((upper[2 * x] + upper[2 * x + 1] + lower[2 * x] + lower[2 * x + 1] + 2) >> 2);
        }
    }
    coarse.pad();
    return coarse;
}

using Pyramid = std::vector<Plane>;

inline Pyramid pyramid_of(Plane finest) {
    Pyramid levels;
    levels.push_back(std::move(finest));
    while (std::min(levels.back().h(), levels.back().w()) >= 2 * kSmallestSide) levels.push_back(halved(levels.back()));
    return levels;
}

// Sobel's, a pixel.
struct Gradients {
    explicit Gradients(const Plane& of) : x(of.h(), of.w()), y(of.h(), of.w()) {
        for (long row = 0; row < of.h(); ++row) {
            fill(of.at(row - 1, 0), of.at(row, 0), of.at(row + 1, 0), of.w(), x.at(row, 0), y.at(row, 0));
        }
        x.pad();
        y.pad();
    }
    Plane x, y;

  private:
    static void fill(const Code* __restrict up, const Code* __restrict here, const Code* __restrict down, long count,
                     Code* __restrict to_x, Code* __restrict to_y) {
        for (long at = 0; at < count; ++at) {
            const int left = up[at - 1] + 2 * here[at - 1] + down[at - 1];
            const int right = up[at + 1] + 2 * here[at + 1] + down[at + 1];
            to_x[at] = static_cast<Code>((right - left + 4) >> 3);
            const int above = up[at - 1] + 2 * up[at] + up[at + 1];
            const int below = down[at - 1] + 2 * down[at] + down[at + 1];
            to_y[at] = static_cast<Code>((below - above + 4) >> 3);
        }
    }
};

}  // namespace
}  // namespace vfi
