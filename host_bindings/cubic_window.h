// The same for pixels whose sources lie close together, as they do in nearly all of a picture: their rows are loaded as
// plain vectors, and the taps picked out of two of them by permutation. Without AVX-512, which has that of two whole
// registers, only pixels whose sources follow one another are read so: then a vector is one tap of all sixteen.
#pragma once

#include <algorithm>

#include "cubic_block.h"

#if defined(__AVX512F__)
#include <immintrin.h>
#endif

namespace vfi {
namespace {

#if defined(__AVX512F__)

typedef __mmask16 LaneMask;

inline LaneMask not_zero(const Lanes& value) {
    return _mm512_cmp_ps_mask((__m512)value, _mm512_setzero_ps(), _CMP_NEQ_UQ);
}

inline LaneMask equal(const IntLanes& value, int to) {
    return _mm512_cmpeq_epi32_mask((__m512i)value, _mm512_set1_epi32(to));
}

inline Lanes taken(LaneMask mask, const Lanes& then, const Lanes& otherwise) {
    return (Lanes)_mm512_mask_mov_ps((__m512)otherwise, mask, (__m512)then);
}

// 0 where not.
inline Lanes product(LaneMask mask, const Lanes& first, const Lanes& second) {
    return (Lanes)_mm512_maskz_mul_ps(mask, (__m512)first, (__m512)second);
}

#else

typedef IntLanes LaneMask;

inline LaneMask not_zero(const Lanes& value) { return ~is_equal(value, Lanes{}); }

inline LaneMask equal(const IntLanes& value, int to) {
    return by_registers<IntLanes>(value, IntLanes{} + to, [](const auto& x, const auto& y) { return x == y; });
}

inline Lanes taken(const LaneMask& mask, const Lanes& then, const Lanes& otherwise) {
    return chosen(mask, then, otherwise);
}

inline Lanes product(const LaneMask& mask, const Lanes& first, const Lanes& second) {
    return (Lanes)((IntLanes)(first * second) & mask);
}

#endif

class CubicWindow {
  public:
    // Whether it may be asked for values.
    bool find(const CubicPlaces& p, const Tensor& image) {
        if (is_any(~p.valid) || !find_columns(p, image) || !find_rows(p, image)) return false;
        const CubicWeights across(p.fx), down(p.fy);
        for (int i = 0; i < 4; ++i) wx_[i] = across.at[i], wy_[i] = down.at[i];
        beside_ = not_zero(p.fx), beneath_ = not_zero(p.fy);
        return true;
    }

    // Calls to(c, value) for every channel.
    template <typename Store>
    void each_channel(const Tensor& image, long n, const Store& to) const {
        rows_ == 1   ? each_over<1>(image, n, to)
        : rows_ == 2 ? each_over<2>(image, n, to)
        : rows_ == 3 ? each_over<3>(image, n, to)
        : rows_ == 4 ? each_over<4>(image, n, to)
                     : each_over<kRows>(image, n, to);
    }

  private:
    static constexpr long kColumns = 32;  // that two registers hold
    static constexpr long kAhead = 6;     // of them before the first pixel's taps
    static constexpr int kRows = 8;       // that sixteen pixels may read from; steeper flow goes pixel by pixel

    struct Row {
        Lanes across, low, high;
    };

#if defined(__AVX512F__)
    bool find_columns(const CubicPlaces& p, const Tensor& image) {
        if (image.w() < kColumns) return false;
        // Around the first pixel's source: fifteen more follow it, more or less, and some may lie before it.
        column_ = std::clamp<long>(p.left[0] - 1 - kAhead, 0, image.w() - kColumns);
        const IntLanes last = IntLanes{} + static_cast<int>(image.w() - 1);
        for (int i = 0; i < 4; ++i) {
            index_[i] = smaller(larger(p.left + (i - 1), IntLanes{}), last) - static_cast<int>(column_);
        }
        return !is_any((index_[0] | index_[3]) & ~static_cast<int>(kColumns - 1));
    }

    void taps(const float* row, Lanes* values) const {
        const __m512 low = _mm512_loadu_ps(row), high = _mm512_loadu_ps(row + kLanes);
        for (int i = 0; i < 4; ++i) values[i] = (Lanes)_mm512_permutex2var_ps(low, (__m512i)index_[i], high);
    }
#else
    bool find_columns(const CubicPlaces& p, const Tensor& image) {
        const IntLanes steps = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
        column_ = p.left[0] - 1;
        return column_ >= 0 && column_ + kLanes + 3 <= image.w() && !is_any((p.left - steps) ^ p.left[0]);
    }

    void taps(const float* row, Lanes* values) const {
        for (int i = 0; i < 4; ++i) values[i] = load(row + i);
    }
#endif

    bool find_rows(const CubicPlaces& p, const Tensor& image) {
        int first = p.top[0], last = first;
        if (is_any(p.top ^ first)) {
#if defined(__AVX512F__)
            first = _mm512_reduce_min_epi32((__m512i)p.top), last = _mm512_reduce_max_epi32((__m512i)p.top);
#else
            for (int lane = 1; lane < kLanes; ++lane) {
                first = std::min(first, p.top[lane]), last = std::max(last, p.top[lane]);
            }
#endif
        }
        rows_ = last - first + 1;
        if (rows_ > kRows) return false;
        place_ = p.top - first;
        // The wrapper takes no plane of 2^31 floats or more.
        const int bottom = static_cast<int>(image.h()) - 1, stride = static_cast<int>(image.stride[2]);
        for (int row = 0; row < kRows + 3; ++row) line_[row] = std::clamp(first + row - 1, 0, bottom) * stride;
        return true;
    }

    template <int kMost, typename Store>
    void each_over(const Tensor& image, long n, const Store& to) const {
        for (long c = 0; c < image.c(); ++c) to(c, value_over<kMost>(image.floats(n, c, 0) + column_));
    }

    template <int kMost>
    Lanes value_over(const float* plane) const {
        Row rows[kMost + 3];
        for (int row = 0; row < kMost + 3; ++row) rows[row] = across(plane + line_[row]);
        Lanes result = sum(rows);
        for (int at = 1; at < kMost; ++at) result = taken(equal(place_, at), sum(rows + at), result);
        return result;
    }

    // Where the fraction is 0, all taps but the second have no weight, and are not even looked at: 0 * Inf would be
    // NaN.
    static Lanes total(const Lanes* weights, const LaneMask& counts, const Lanes& a, const Lanes& b, const Lanes& c,
                       const Lanes& d) {
        const Lanes two = product(counts, weights[0], a) + weights[1] * b;
        return (two + product(counts, weights[2], c)) + product(counts, weights[3], d);
    }

    Row across(const float* row) const {
        Lanes values[4];
        taps(row, values);
        const Lanes beside = taken(beside_, values[2], values[1]);
        return {total(wx_, beside_, values[0], values[1], values[2], values[3]), smaller(values[1], beside),
                larger(values[1], beside)};
    }

    Lanes sum(const Row* rows) const {
        const Lanes low = smaller(rows[1].low, taken(beneath_, rows[2].low, rows[1].low));
        const Lanes high = larger(rows[1].high, taken(beneath_, rows[2].high, rows[1].high));
        // In this order of operands a sum that is NaN stays NaN.
        const Lanes whole = total(wy_, beneath_, rows[0].across, rows[1].across, rows[2].across, rows[3].across);
        return smaller(high, larger(low, whole));
    }

    long column_;
    int rows_;
    int line_[kRows + 3];
    IntLanes index_[4], place_;
    Lanes wx_[4], wy_[4];
    LaneMask beside_, beneath_;
};

}  // namespace
}  // namespace vfi
