// Pixels of a row, Catmull-Rom, each held inside the range of the four pixels nearest to where it reads; as many at
// once as a register holds.
#pragma once

#include <limits>

#include "tensor.h"
#include "wide.h"

namespace vfi {
namespace {

struct CubicWeights {
    Wide at[4];

    explicit CubicWeights(const Wide& f) {
        const Wide f2 = f * f, f3 = f2 * f;
        at[0] = 0.5f * (-f3 + 2.0f * f2 - f);
        at[1] = 0.5f * (3.0f * f3 - 5.0f * f2 + 2.0f);
        at[2] = 0.5f * (-3.0f * f3 + 4.0f * f2 + f);
        at[3] = 0.5f * (f3 - f2);
    }

    // Where f is 0, all taps but the second have no weight, and are not even looked at: 0 * Inf would be NaN.
    Wide total(const LaneMask& counts, const Wide& a, const Wide& b, const Wide& c, const Wide& d) const {
        const Wide two = product(counts, at[0], a) + at[1] * b;
        return (two + product(counts, at[2], c)) + product(counts, at[3], d);
    }
};

// Where pixels read, held inside the image; no number reads the pixel itself and gives NaN. Fractions are the flow's
// own, as in positions.h.
struct CubicPlaces {
    IntWide left, top, valid;
    Wide fx, fy;

    // Pixels from column x on, in row y.
    CubicPlaces(long x, const Wide& u, long y, const Wide& v, const Tensor& image) {
        valid = (u - u == 0.0f) & (v - v == 0.0f);
        place(u, counted() + static_cast<int>(x), image.w(), &left, &fx);
        place(v, all_of(static_cast<int>(y)), image.h(), &top, &fy);
    }

  private:
    static constexpr float kFarthest = 1048576.0f;  // px of flow; no frame is as wide, and int stays safe
    static constexpr float kNothing = 1e-9f;  // so little is nothing: its square, a weight, would be 0 while it is not

    void place(const Wide& flow, const IntWide& from, long side, IntWide* whole, Wide* fraction) const {
        const Wide steps = least(greatest(valid ? flow : Wide{}, all_of(-kFarthest)), all_of(kFarthest));
        IntWide pixel = __builtin_convertvector(steps, IntWide);
        pixel += steps < __builtin_convertvector(pixel, Wide);  // true is -1
        const Wide beyond = steps - __builtin_convertvector(pixel, Wide);
        const IntWide rounded_up = beyond >= 1.0f, last = all_of(static_cast<int>(side) - 1);
        pixel += from - rounded_up;
        const IntWide outside = (pixel < 0) | (pixel >= last);
        *whole = least(greatest(pixel, IntWide{}), last);
        *fraction = (rounded_up | outside | (beyond < kNothing)) ? Wide{} : beyond;
    }
};

// One row of taps: its sum, and the least and greatest of the two pixels nearest across.
struct CubicRow {
    Wide across, low, high;
};

// The weights of pixels, and where they have other taps than the second.
struct CubicTaps {
    CubicWeights across, down;
    LaneMask beside, beneath;

    explicit CubicTaps(const CubicPlaces& p)
        : across(p.fx), down(p.fy), beside(is_not_zero(p.fx)), beneath(is_not_zero(p.fy)) {}

    CubicRow row(const Wide* values) const {
        const Wide second = taken(beside, values[2], values[1]);
        return {across.total(beside, values[0], values[1], values[2], values[3]), least(values[1], second),
                greatest(values[1], second)};
    }

    // Of four rows, of which the middle two hold the nearest pixels.
    Wide sum(const CubicRow* rows) const {
        const Wide whole = down.total(beneath, rows[0].across, rows[1].across, rows[2].across, rows[3].across);
        const Wide low = least(rows[1].low, taken(beneath, rows[2].low, rows[1].low));
        const Wide high = greatest(rows[1].high, taken(beneath, rows[2].high, rows[1].high));
        // In this order of operands a sum that is NaN stays NaN.
        return least(high, greatest(low, whole));
    }
};

// Pixel by pixel, wherever they lie in a plane of less than 2^31 floats.
class CubicScattered {
  public:
    CubicScattered(const CubicPlaces& places, const Tensor& image) : p_(places), taps_(places) {
        const IntWide last_column = all_of(static_cast<int>(image.w()) - 1);
        const IntWide last_row = all_of(static_cast<int>(image.h()) - 1);
        for (int i = 0; i < 4; ++i) {
            column_[i] = least(greatest(p_.left + (i - 1), IntWide{}), last_column);
            row_[i] = least(greatest(p_.top + (i - 1), IntWide{}), last_row) * static_cast<int>(image.stride[2]);
        }
    }

    Wide value(const float* plane) const {
        CubicRow rows[4];
        for (int j = 0; j < 4; ++j) {
            Wide values[4];
            for (int i = 0; i < 4; ++i) values[i] = gathered(plane, row_[j] + column_[i]);
            rows[j] = taps_.row(values);
        }
        const Wide nothing = all_of(std::numeric_limits<float>::quiet_NaN());
        return p_.valid ? taps_.sum(rows) : nothing;
    }

  private:
    // One by one: instructions that gather are slower on many processors.
    static Wide gathered(const float* from, const IntWide& index) {
        Wide value;
        for (int lane = 0; lane < kWide; ++lane) value[lane] = from[index[lane]];
        return value;
    }

    const CubicPlaces& p_;
    CubicTaps taps_;
    IntWide column_[4], row_[4];
};

}  // namespace
}  // namespace vfi
