// Where the pixels of one row read from or lead to.
#pragma once

#include <vector>

#include "lanes.h"
#include "rows.h"

namespace vfi {
namespace {

// A part of a row.
struct Columns {
    long begin, count;
};

// For each x of a row: the pixel above and left of a position, and the fractions beyond it. All arrays are filled up to
// a multiple of kLanes, so that no loop has a remainder.
class Positions {
  public:
    const float *u, *v, *fx, *fy;
    const int *left, *top, *valid;  // valid: -1 or 0

    explicit Positions(long w)
        : padded_((w + kLanes - 1) / kLanes * kLanes),
          u_(padded_),
          v_(padded_),
          fx_(padded_),
          fy_(padded_),
          left_(padded_),
          top_(padded_),
          valid_(padded_) {
        u = u_, v = v_, fx = fx_, fy = fy_;
        left = ints(left_), top = ints(top_), valid = ints(valid_);
    }

    // Sampling positions of a backward warp; valid where the flow is finite.
    void to_sample(const Tensor& flow, long n, long y, bool zero_border) {
        to_sample(flow, n, y, {0, flow.w()}, zero_border);
    }

    // The same for the part of a row that begins at column part.begin; at most as long as the constructor was told.
    void to_sample(const Tensor& flow, long n, long y, const Columns& part, bool zero_border) {
        read_flow(flow, n, y, part);
        // Positions further out than this all read the same (the edge, or nothing).
        const int margin = zero_border ? 4 : 0;
        const int last_x = static_cast<int>(flow.w()) - 1 + margin, last_y = static_cast<int>(flow.h()) - 1 + margin;
        for (long x = 0; x < padded_; x += kLanes) {
            const Lanes du = load(u_ + x), dv = load(v_ + x);
            // A difference with itself is 0 only for what is finite.
            const IntLanes finite = is_equal(du - du, Lanes{}) & is_equal(dv - dv, Lanes{});
            std::memcpy(valid_ + x, &finite, sizeof finite);
            place(chosen(finite, du, Lanes{}), columns(part.begin + x), -margin, last_x, left_ + x, fx_ + x);
            place(chosen(finite, dv, Lanes{}), IntLanes{} + static_cast<int>(y), -margin, last_y, top_ + x, fy_ + x);
        }
    }

    // Destinations of a forward warp; valid where at least one of the four pixels around is inside the image.
    void to_throw(const Tensor& flow, long n, long y) {
        read_flow(flow, n, y, {0, flow.w()});
        const float w = static_cast<float>(flow.w()), h = static_cast<float>(flow.h());
        for (long x = 0; x < padded_; x += kLanes) {
            const Lanes px = column(x) + load(u_ + x), py = static_cast<float>(y) + load(v_ + x);
            const IntLanes reaches = is_between(-1.0f, px, w) & is_between(-1.0f, py, h);
            split(x, reaches, chosen(reaches, px, Lanes{}), chosen(reaches, py, Lanes{}));
        }
    }

    // Destinations that may not leave the image at all, where `near` holds too; see filter_warp and project_flow.
    void to_inside(const Tensor& flow, long n, long y, float most_u, float most_v) {
        read_flow(flow, n, y, {0, flow.w()});
        const float w = static_cast<float>(flow.w() - 1), h = static_cast<float>(flow.h() - 1);
        for (long x = 0; x < padded_; x += kLanes) {
            const Lanes du = load(u_ + x), dv = load(v_ + x);
            const Lanes px = column(x) + du, py = static_cast<float>(y) + dv;
            const IntLanes inside = is_within(px, w) & is_within(py, h);
            const IntLanes near = is_between(-most_u, du, most_u) & is_between(-most_v, dv, most_v);
            const IntLanes taken = inside & near;
            split(x, taken, chosen(taken, px, Lanes{}), chosen(taken, py, Lanes{}));
        }
    }

  private:
    static int* ints(Buffer& buffer) { return reinterpret_cast<int*>(static_cast<float*>(buffer)); }

    // Neither end belongs to it; false for NaN.
    static IntLanes is_between(float low, const Lanes& place, float high) {
        return is_less(broadcast(low), place) & is_less(place, broadcast(high));
    }

    // 0 and last belong to it; false for NaN.
    static IntLanes is_within(const Lanes& place, float last) {
        return is_at_most(Lanes{}, place) & is_at_most(place, broadcast(last));
    }

    static Lanes column(long x) {
        const Lanes steps = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
        return steps + static_cast<float>(x);
    }

    static IntLanes columns(long x) {
        const IntLanes steps = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
        return steps + static_cast<int>(x);
    }

    // Where a flow leads from a pixel, held between two others. Its fraction is the flow's own: added to a column of
    // thousands first, it would lose digits, and a part of a large frame would read elsewhere than the whole.
    static void place(const Lanes& flow, const IntLanes& from, int first, int last, float* whole, float* fraction) {
        const Lanes steps = smaller(larger(flow, broadcast(-kFarthest)), broadcast(kFarthest));
        // The conversion rounds toward zero, one too high for what is negative and no integer.
        IntLanes pixel = __builtin_convertvector(steps, IntLanes);
        pixel += is_less(steps, __builtin_convertvector(pixel, Lanes));  // true is -1
        Lanes beyond = steps - __builtin_convertvector(pixel, Lanes);
        const IntLanes rounded_up = is_at_most(broadcast(1.0f), beyond);  // of a flow that is hardly below an integer
        pixel += from - rounded_up;
        const IntLanes low = pixel < first, high = pixel >= last;
        pixel = low ? IntLanes{} + first : high ? IntLanes{} + last : pixel;
        beyond = chosen(rounded_up | low | high, Lanes{}, beyond);
        std::memcpy(whole, &pixel, sizeof pixel);
        store(fraction, beyond);
    }

    void read_flow(const Tensor& flow, long n, long y, const Columns& part) {
        read_row(flow, n, 0, y, part.begin, part.count, u_);
        read_row(flow, n, 1, y, part.begin, part.count, v_);
    }

    static void floor_of(const Lanes& position, float* whole, float* fraction) {
        // The conversion rounds toward zero, one too high for what is negative and no integer.
        IntLanes pixel = __builtin_convertvector(position, IntLanes);
        pixel += is_less(position, __builtin_convertvector(pixel, Lanes));  // true is -1
        std::memcpy(whole, &pixel, sizeof pixel);
        store(fraction, position - __builtin_convertvector(pixel, Lanes));
    }

    void split(long x, const IntLanes& valid_here, const Lanes& px, const Lanes& py) {
        std::memcpy(valid_ + x, &valid_here, sizeof valid_here);
        floor_of(px, left_ + x, fx_ + x);
        floor_of(py, top_ + x, fy_ + x);
    }

    static constexpr float kFarthest = 1048576.0f;  // px of flow; no frame is as wide, and int stays safe

    long padded_;
    Buffer u_, v_, fx_, fy_, left_, top_, valid_;
};

}  // namespace
}  // namespace vfi
