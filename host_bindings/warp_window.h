// Sixteen pixels whose sources lie close together, as they do in nearly all of a picture: their rows are loaded as
// plain vectors and the pixels picked out of them by permutation, several times faster than gathering one by one.
#pragma once

#include <immintrin.h>

#include <algorithm>

#include "positions.h"

namespace vfi {
namespace {

constexpr int kWindow = 32;    // columns that two registers hold
constexpr int kAhead = 7;      // of them before the first pixel's, about as many as remain after sixteen that follow it
constexpr int kMostRows = 12;  // rows worth loading for sixteen pixels; steeper flow goes pixel by pixel

class Window {
  public:
    // Whether the pixels [first, last) of a row fit; taps as for warp().
    bool find(const Positions& p, long first, long last, const Tensor& image, int taps) {
        lanes_ = static_cast<__mmask16>((1u << (last - first)) - 1u);
        const __m512i left = _mm512_loadu_si512(p.left + first), top = _mm512_loadu_si512(p.top + first);
        const int before = taps / 2 - 1, after = taps / 2;
        // Around the first pixel's source: fifteen more follow it, more or less, and some may lie before it.
        column_ = std::max(p.left[first] - before - kAhead, 0);
        index_ = _mm512_sub_epi32(left, _mm512_set1_epi32(column_ + before));
        const unsigned most_index = static_cast<unsigned>(kWindow - 1 - before - after);
        const __mmask16 fits = _mm512_mask_cmple_epu32_mask(lanes_, index_, _mm512_set1_epi32(most_index));
        if (fits != lanes_ || image.stride[3] != 1 || !find_rows(top, p.top[first], before, after, image.h()))
            return false;
        // One column beyond the right edge reads as 0 through the masked loads. That is what a zero border asks for,
        // and with a clamped one its bilinear weight is 0.
        const int last_left = static_cast<int>(image.w()) - after - (taps == 2 ? 0 : 1);
        if (_mm512_mask_cmpgt_epi32_mask(lanes_, left, _mm512_set1_epi32(last_left))) return false;
        fx_ = _mm512_loadu_ps(p.fx + first);
        fy_ = _mm512_loadu_ps(p.fy + first);
        valid_ = _mm512_movepi32_mask(_mm512_loadu_si512(p.valid + first));
        const long columns = image.w() - column_;
        low_columns_ = static_cast<__mmask16>(columns >= 16 ? 0xffff : (1u << columns) - 1u);
        high_columns_ = static_cast<__mmask16>(columns >= 32  ? 0xffff
                                               : columns > 16 ? (1u << (columns - 16)) - 1u
                                                              : 0u);
        return true;
    }

    void warp(const Tensor& image, long n, long c, int taps, float* target) const {
        const __m512 value = taps == 2 ? linear(image, n, c) : cubic(image, n, c);
        const __m512 nothing = _mm512_castsi512_ps(_mm512_set1_epi32(0x7fc00000));
        _mm512_mask_storeu_ps(target, lanes_, _mm512_mask_mov_ps(nothing, valid_, value));
    }

  private:
    // The rows that the pixels lie in; most often it is one.
    bool find_rows(__m512i top, int first_top, int before, int after, long h) {
        row_ = first_top, rows_ = 1;
        if (_mm512_mask_cmpneq_epi32_mask(lanes_, top, _mm512_set1_epi32(first_top))) {
            row_ = _mm512_mask_reduce_min_epi32(lanes_, top);
            rows_ = _mm512_mask_reduce_max_epi32(lanes_, top) - row_ + 1;
        }
        place_ = _mm512_sub_epi32(top, _mm512_set1_epi32(row_));
        return rows_ <= kMostRows && row_ >= before && row_ + rows_ - 1 + after < h;
    }

    struct Line {
        __m512 low, high;
        __m512 pick(__mmask16 wanted, __m512i index) const {
            return _mm512_maskz_permutex2var_ps(wanted, low, index, high);
        }
    };

    Line line(const Tensor& image, long n, long c, long y) const {
        if (image.storage == Storage::float32) {
            const float* at = image.floats(n, c, y) + column_;
            return {_mm512_maskz_loadu_ps(low_columns_, at), _mm512_maskz_loadu_ps(high_columns_, at + 16)};
        }
        const std::uint16_t* at = image.halves(n, c, y) + column_;
        return {_mm512_cvtph_ps(_mm256_maskz_loadu_epi16(low_columns_, at)),
                _mm512_cvtph_ps(_mm256_maskz_loadu_epi16(high_columns_, at + 16))};
    }

    // Pixels whose weight is 0 are not even looked at: 0 * Inf would be NaN.
    static __mmask16 counts(__m512 weight) { return _mm512_cmp_ps_mask(weight, _mm512_setzero_ps(), _CMP_NEQ_UQ); }

    __m512 linear(const Tensor& image, long n, long c) const {
        const __m512 one = _mm512_set1_ps(1.0f), gx = _mm512_sub_ps(one, fx_), gy = _mm512_sub_ps(one, fy_);
        const __mmask16 left_counts = counts(gx), right_counts = counts(fx_), lower_counts = counts(fy_);
        const __m512i right = _mm512_add_epi32(index_, _mm512_set1_epi32(1));
        __m512 total = _mm512_setzero_ps(), upper = _mm512_setzero_ps();
        for (int row = 0; row <= rows_; ++row) {
            const Line pixels = line(image, n, c, row_ + row);
            const __m512 across = _mm512_add_ps(_mm512_mul_ps(gx, pixels.pick(left_counts, index_)),
                                                _mm512_mul_ps(fx_, pixels.pick(right_counts, right)));
            if (row > 0) {
                const __mmask16 here = _mm512_cmpeq_epi32_mask(place_, _mm512_set1_epi32(row - 1));
                const __m512 below = _mm512_maskz_mul_ps(lower_counts, fy_, across);
                const __m512 both = _mm512_add_ps(_mm512_mul_ps(gy, upper), below);
                total = _mm512_mask_mov_ps(total, here, both);
            }
            upper = across;
        }
        return total;
    }

    static void catmull_rom(__m512 f, __m512 weights[4]) {
        const __m512 half = _mm512_set1_ps(0.5f), f2 = _mm512_mul_ps(f, f), f3 = _mm512_mul_ps(f2, f);
        const auto times = [](float factor, __m512 value) { return _mm512_mul_ps(_mm512_set1_ps(factor), value); };
        const __m512 first = _mm512_sub_ps(_mm512_add_ps(times(-1.0f, f3), times(2.0f, f2)), f);
        const __m512 second = _mm512_add_ps(_mm512_sub_ps(times(3.0f, f3), times(5.0f, f2)), _mm512_set1_ps(2.0f));
        const __m512 third = _mm512_add_ps(_mm512_add_ps(times(-3.0f, f3), times(4.0f, f2)), f);
        weights[0] = _mm512_mul_ps(half, first);
        weights[1] = _mm512_mul_ps(half, second);
        weights[2] = _mm512_mul_ps(half, third);
        weights[3] = _mm512_mul_ps(half, _mm512_sub_ps(f3, f2));
    }

    __m512 cubic(const Tensor& image, long n, long c) const {
        __m512 wx[4], wy[4];
        catmull_rom(fx_, wx);
        catmull_rom(fy_, wy);
        __m512 sum = _mm512_setzero_ps(), low = _mm512_set1_ps(__builtin_inff()),
               high = _mm512_set1_ps(-__builtin_inff());
        const __mmask16 beside = counts(fx_), beneath = counts(fy_);
        for (int row = -1; row <= rows_ + 1; ++row) {
            const Line pixels = line(image, n, c, row_ + row);
            __m512 values[4], across = _mm512_setzero_ps();
            for (int i = 0; i < 4; ++i) {
                const __m512i column = _mm512_add_epi32(index_, _mm512_set1_epi32(i));
                values[i] = pixels.pick(0xffff, column);
                across = _mm512_mask_add_ps(across, counts(wx[i]), across, _mm512_mul_ps(wx[i], values[i]));
            }
            for (int j = 0; j < 4; ++j) {
                const __mmask16 here = _mm512_cmpeq_epi32_mask(place_, _mm512_set1_epi32(row - j + 1));
                sum = _mm512_mask_add_ps(sum, here & counts(wy[j]), sum, _mm512_mul_ps(wy[j], across));
                if (j != 1 && j != 2) continue;
                const __mmask16 near = j == 1 ? here : static_cast<__mmask16>(here & beneath);
                low = _mm512_mask_min_ps(low, near, low, values[1]);
                high = _mm512_mask_max_ps(high, near, high, values[1]);
                low = _mm512_mask_min_ps(low, near & beside, low, values[2]);
                high = _mm512_mask_max_ps(high, near & beside, high, values[2]);
            }
        }
        // In this order of operands a sum that is NaN stays NaN.
        return _mm512_min_ps(high, _mm512_max_ps(low, sum));
    }

    __mmask16 lanes_, valid_, low_columns_, high_columns_;
    int column_, row_, rows_;
    __m512i index_, place_;
    __m512 fx_, fy_;
};

}  // namespace
}  // namespace vfi
