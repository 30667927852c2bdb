// The same for pixels whose sources lie close together, as they do in nearly all of a picture: their rows are loaded as
// plain vectors and the taps picked out of them by permutation.
#pragma once

#include <immintrin.h>

#include <algorithm>

#include "cubic_block.h"

namespace vfi {
namespace {

class CubicWindow {
  public:
    // Whether it may be asked for values.
    bool find(const CubicPlaces& p, const Tensor& image) {
        const __m512i left = (__m512i)p.left, last = whole(image.w() - 1), zero = _mm512_setzero_si512();
        if (image.w() < kColumns || _mm512_movepi32_mask((__m512i)p.valid) != 0xffff) return false;
        // Around the first pixel's source: fifteen more follow it, more or less, and some may lie before it.
        column_ = std::clamp<long>(p.left[0] - 1 - kAhead, 0, image.w() - kColumns);
        const __m512i base = whole(column_);
        for (int i = 0; i < 4; ++i) {
            const __m512i column = _mm512_add_epi32(left, whole(i - 1));
            index_[i] = _mm512_sub_epi32(_mm512_min_epi32(_mm512_max_epi32(column, zero), last), base);
        }
        const __m512i most = whole(kColumns - 1);
        if (_mm512_cmpgt_epu32_mask(index_[0], most) | _mm512_cmpgt_epu32_mask(index_[3], most)) return false;
        if (!find_rows(p, image)) return false;
        const CubicWeights across(p.fx), down(p.fy);
        for (int i = 0; i < 4; ++i) wx_[i] = (__m512)across.at[i], wy_[i] = (__m512)down.at[i];
        beside_ = _mm512_cmp_ps_mask((__m512)p.fx, _mm512_setzero_ps(), _CMP_NEQ_UQ);
        beneath_ = _mm512_cmp_ps_mask((__m512)p.fy, _mm512_setzero_ps(), _CMP_NEQ_UQ);
        return true;
    }

    Lanes value(const float* plane) const {
        return (Lanes)(rows_ == 1   ? value_over<1>(plane)
                       : rows_ == 2 ? value_over<2>(plane)
                       : rows_ == 3 ? value_over<3>(plane)
                                    : value_over<kRows>(plane));
    }

  private:
    static constexpr long kColumns = 32;  // that two registers hold
    static constexpr long kAhead = 6;     // of them before the first pixel's taps
    static constexpr int kRows = 5;       // that sixteen pixels may read from; steeper flow goes pixel by pixel

    struct Row {
        __m512 across, low, high;
    };

    static __m512i whole(long value) { return _mm512_set1_epi32(static_cast<int>(value)); }

    bool find_rows(const CubicPlaces& p, const Tensor& image) {
        const __m512i top = (__m512i)p.top;
        int first = p.top[0];
        rows_ = 1;
        if (_mm512_cmpneq_epi32_mask(top, whole(first))) {
            first = _mm512_reduce_min_epi32(top);
            rows_ = _mm512_reduce_max_epi32(top) - first + 1;
            if (rows_ > kRows) return false;
        }
        place_ = _mm512_sub_epi32(top, whole(first));
        for (int row = 0; row < kRows + 3; ++row) {
            line_[row] = std::clamp<long>(first + row - 1, 0, image.h() - 1) * image.stride[2] + column_;
        }
        return true;
    }

    template <int kMost>
    __m512 value_over(const float* plane) const {
        Row rows[kMost + 3];
        for (int row = 0; row < kMost + 3; ++row) rows[row] = across(plane + line_[row]);
        __m512 result = sum(rows);
        for (int at = 1; at < kMost; ++at) {
            const __mmask16 here = _mm512_cmpeq_epi32_mask(place_, whole(at));
            result = _mm512_mask_mov_ps(result, here, sum(rows + at));
        }
        return result;
    }

    // Where the fraction is 0, all taps but the second have no weight, and are not even looked at: 0 * Inf would be
    // NaN.
    static __m512 total(const __m512* weights, __mmask16 counts, const __m512* values) {
        const __m512 first = _mm512_maskz_mul_ps(counts, weights[0], values[0]);
        const __m512 two = _mm512_add_ps(first, _mm512_mul_ps(weights[1], values[1]));
        const __m512 three = _mm512_add_ps(two, _mm512_maskz_mul_ps(counts, weights[2], values[2]));
        return _mm512_add_ps(three, _mm512_maskz_mul_ps(counts, weights[3], values[3]));
    }

    Row across(const float* at) const {
        const __m512 low = _mm512_loadu_ps(at), high = _mm512_loadu_ps(at + 16);
        __m512 values[4];
        for (int i = 0; i < 4; ++i) values[i] = _mm512_permutex2var_ps(low, index_[i], high);
        const __m512 beside = _mm512_mask_mov_ps(values[1], beside_, values[2]);
        return {total(wx_, beside_, values), _mm512_min_ps(values[1], beside), _mm512_max_ps(values[1], beside)};
    }

    __m512 sum(const Row* rows) const {
        const __m512 values[4] = {rows[0].across, rows[1].across, rows[2].across, rows[3].across};
        const __m512 low = _mm512_min_ps(rows[1].low, _mm512_mask_mov_ps(rows[1].low, beneath_, rows[2].low));
        const __m512 high = _mm512_max_ps(rows[1].high, _mm512_mask_mov_ps(rows[1].high, beneath_, rows[2].high));
        // In this order of operands a sum that is NaN stays NaN.
        return _mm512_min_ps(high, _mm512_max_ps(low, total(wy_, beneath_, values)));
    }

    long column_;
    int rows_;
    long line_[kRows + 3];
    __m512i index_[4], place_;
    __m512 wx_[4], wy_[4];
    __mmask16 beside_, beneath_;
};

}  // namespace
}  // namespace vfi
