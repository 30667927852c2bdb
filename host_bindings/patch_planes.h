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
constexpr long kPad = 32;           // around a plane: a patch may lie outside by its own size, a vector by 31 px
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

// The luma of a guide (1, 3, H, W).
inline Plane luma(const Tensor& guide) {
    Plane plane(guide.h(), guide.w());
    const long w = guide.w();
    Buffer rows(guide.rows_are_floats() ? 0 : 3 * w);
    for (long y = 0; y < guide.h(); ++y) {
        const float* from[3];
        for (long c = 0; c < 3; ++c) {
            from[c] = guide.rows_are_floats() ? guide.floats(0, c, y) : rows + c * w;
            if (!guide.rows_are_floats()) read_row(guide, 0, c, y, 0, w, rows + c * w);
        }
        luma_row(from[0], from[1], from[2], w, plane.at(y, 0));
    }
    plane.pad();
    return plane;
}

inline Plane halved(const Plane& fine) {
    Plane coarse((fine.h() + 1) / 2, (fine.w() + 1) / 2);
    for (long y = 0; y < coarse.h(); ++y) {
        const Code *upper = fine.at(2 * y, 0), *lower = fine.at(2 * y + 1, 0);
        Code* to = coarse.at(y, 0);
        const Codes one = broadcast_code(1);
        for (long x = 0; x < coarse.w(); x += kCodes / 2) {
            const Codes both = load_codes(upper + 2 * x) + load_codes(lower + 2 * x);
            const HalfCodes means = __builtin_convertvector((pair_products(both, one) + 2) >> 2, HalfCodes);
            std::memcpy(to + x, &means, sizeof means);
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

// The mean luma of cells, (1, 1, cells down, cells across), in [0, 1]; edges go on up to whole cells.
inline void write_cells(const Pyramid& levels, const Tensor& cells) {
    const auto write = [&](const Plane& plane) {
        for (long y = 0; y < cells.h(); ++y) {
            float* to = cells.floats(0, 0, y);
            const Code* from = plane.at(y, 0);
            for (long x = 0; x < cells.w(); ++x) to[x] = static_cast<float>(from[x]) * (1.0f / (255.0f * kScale));
        }
    };
    static_assert(kCell == 4, "two levels below the finest");
    if (levels.size() > 2) return write(levels[2]);
    levels.size() > 1 ? write(halved(levels[1])) : write(halved(halved(levels[0])));
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
    // By whole vectors: what lies beyond a row's end is padding, which is written later.
    static void fill(const Code* up, const Code* here, const Code* down, long count, Code* to_x, Code* to_y) {
        for (long at = 0; at < count; at += kCodes) {
            const auto of = [at](const Code* row, long beside) { return load_codes(row + at + beside); };
            const Codes up_left = of(up, -1), up_right = of(up, 1), down_left = of(down, -1), down_right = of(down, 1);
            const Codes across = (up_right - up_left) + (down_right - down_left);
            const Codes along = (down_left - up_left) + (down_right - up_right);
            const Codes beside = of(here, 1) - of(here, -1), below = of(down, 0) - of(up, 0);
            store_codes(to_x + at, (across + (beside + beside) + 4) >> 3);
            store_codes(to_y + at, (along + (below + below) + 4) >> 3);
        }
    }
};

}  // namespace
}  // namespace vfi
