// Sixteen pixels of a row, Catmull-Rom, each held inside the range of the four pixels nearest to where it reads.
#pragma once

#include <limits>

#include "lanes.h"
#include "tensor.h"

namespace vfi {
namespace {

struct CubicWeights {
    Lanes at[4];

    explicit CubicWeights(const Lanes& f) {
        const Lanes f2 = f * f, f3 = f2 * f;
        at[0] = 0.5f * (-f3 + 2.0f * f2 - f);
        at[1] = 0.5f * (3.0f * f3 - 5.0f * f2 + 2.0f);
        at[2] = 0.5f * (-3.0f * f3 + 4.0f * f2 + f);
        at[3] = 0.5f * (f3 - f2);
    }

    // Where f is 0, all taps but the second have no weight, and are not even looked at: 0 * Inf would be NaN.
    Lanes total(const IntLanes& counts, const Lanes& a, const Lanes& b, const Lanes& c, const Lanes& d) const {
        const Lanes two = chosen(counts, at[0] * a, Lanes{}) + at[1] * b;
        return (two + chosen(counts, at[2] * c, Lanes{})) + chosen(counts, at[3] * d, Lanes{});
    }
};

// Where sixteen pixels read, held inside the image; no number reads the first pixel and gives NaN.
struct CubicPlaces {
    IntLanes left, top, valid;
    Lanes fx, fy;

    CubicPlaces(const Lanes& x, const Lanes& y, const Tensor& image) {
        valid = is_equal(x - x, Lanes{}) & is_equal(y - y, Lanes{});
        const Lanes px = held(x, image.w()), py = held(y, image.h());
        left = __builtin_convertvector(px, IntLanes), top = __builtin_convertvector(py, IntLanes);
        fx = fraction(px - __builtin_convertvector(left, Lanes)),
        fy = fraction(py - __builtin_convertvector(top, Lanes));
    }

  private:
    // So little is nothing: its square, a weight, would be 0 while it is not.
    static Lanes fraction(const Lanes& f) { return chosen(is_less(f, broadcast(1e-9f)), Lanes{}, f); }

    Lanes held(const Lanes& place, long side) const {
        const Lanes inside = smaller(larger(place, Lanes{}), broadcast(static_cast<float>(side - 1)));
        return chosen(valid, inside, Lanes{});
    }
};

// One row of taps: its sum, and the least and greatest of the two pixels nearest across.
struct CubicRow {
    Lanes across, low, high;
};

// Four rows of taps, of which the middle two hold the nearest pixels.
inline Lanes cubic_sum(const CubicRow* rows, const CubicWeights& down, const Lanes& fy) {
    const IntLanes beneath = ~is_equal(fy, Lanes{});
    const Lanes sum = down.total(beneath, rows[0].across, rows[1].across, rows[2].across, rows[3].across);
    const Lanes low = smaller(rows[1].low, chosen(beneath, rows[2].low, rows[1].low));
    const Lanes high = larger(rows[1].high, chosen(beneath, rows[2].high, rows[1].high));
    // In this order of operands a sum that is NaN stays NaN.
    return smaller(high, larger(low, sum));
}

// One by one, as instructions that gather are slower on many processors; four that follow one another at once.
inline Lanes gathered(const float* from, const IntLanes& index, const bool* quads) {
    alignas(sizeof(Lanes)) float values[kLanes];
    for (int quad = 0; quad < 4; ++quad) {
        float* to = values + 4 * quad;
        if (quads[quad]) {
            std::memcpy(to, from + index[4 * quad], sizeof(Quad));
        } else {
            for (int lane = 0; lane < 4; ++lane) to[lane] = from[index[4 * quad + lane]];
        }
    }
    return load(values);
}

// Pixel by pixel, wherever they lie in a plane of less than 2^31 floats.
class CubicScattered {
  public:
    CubicScattered(const CubicPlaces& places, const Tensor& image) : p_(places), across_(p_.fx), down_(p_.fy) {
        const int last_column = static_cast<int>(image.w()) - 1, last_row = static_cast<int>(image.h()) - 1;
        for (int i = 0; i < 4; ++i) {
            column_[i] = held(p_.left + (i - 1), last_column);
            row_[i] = held(p_.top + (i - 1), last_row) * static_cast<int>(image.stride[2]);
        }
        const IntLanes steps = {0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3};
        const IntLanes left = p_.left - steps;
        for (int quad = 0; quad < 4; ++quad) {
            const int at = 4 * quad;
            const bool in_row = left[at] == left[at + 1] && left[at] == left[at + 2] && left[at] == left[at + 3];
            const bool at_height =
                p_.top[at] == p_.top[at + 1] && p_.top[at] == p_.top[at + 2] && p_.top[at] == p_.top[at + 3];
            quads_[quad] = in_row && at_height && left[at] >= 1 && left[at] + 5 <= last_column;
        }
    }

    Lanes value(const float* plane) const {
        CubicRow rows[4];
        for (int j = 0; j < 4; ++j) rows[j] = row(plane, row_[j]);
        return chosen(p_.valid, cubic_sum(rows, down_, p_.fy), broadcast(std::numeric_limits<float>::quiet_NaN()));
    }

  private:
    static IntLanes held(const IntLanes& place, int last) {
        return smaller(larger(place, IntLanes{}), IntLanes{} + last);
    }

    CubicRow row(const float* plane, const IntLanes& from) const {
        Lanes values[4];
        for (int i = 0; i < 4; ++i) values[i] = gathered(plane, from + column_[i], quads_);
        const IntLanes is_between = ~is_equal(p_.fx, Lanes{});
        const Lanes sum = across_.total(is_between, values[0], values[1], values[2], values[3]);
        const Lanes beside = chosen(is_between, values[2], values[1]);
        return {sum, smaller(values[1], beside), larger(values[1], beside)};
    }

    const CubicPlaces& p_;
    CubicWeights across_, down_;
    IntLanes column_[4], row_[4];
    bool quads_[4];
};

}  // namespace
}  // namespace vfi
