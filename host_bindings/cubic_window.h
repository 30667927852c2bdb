// The same for pixels whose sources lie close together, as they do in nearly all of a picture: their rows are loaded as
// plain vectors, and the taps picked out of two of them by permutation. Without AVX2, which has that of a register,
// only pixels whose sources follow one another are read so: then a vector is one tap of all of them.
#pragma once

#include <algorithm>

#include "cubic_block.h"

namespace vfi {
namespace {

class CubicWindow {
  public:
    explicit CubicWindow(const CubicPlaces& places) : taps_(places) {}

    // Whether it may be asked for values.
    bool find(const CubicPlaces& p, const Tensor& image) {
        return !has_bits(~p.valid) && find_columns(p, image) && find_rows(p, image);
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
    static constexpr long kColumns = 2 * kWide;                 // that two registers hold
    static constexpr long kAhead = (kColumns - kWide) / 2 - 2;  // of them before the first pixel's taps
    static constexpr int kRows = 8;  // that the pixels may read from; steeper flow goes pixel by pixel

#if defined(__AVX2__)
    bool find_columns(const CubicPlaces& p, const Tensor& image) {
        if (image.w() < kColumns) return false;
        is_straight_ = kWide < 16 && follow(p, image);
        if (is_straight_) return true;
        // Around the first pixel's source: the others follow it, more or less, and some may lie before it.
        column_ = std::clamp<long>(p.left[0] - 1 - kAhead, 0, image.w() - kColumns);
        const IntWide last = all_of(static_cast<int>(image.w() - 1));
        for (int i = 0; i < 4; ++i) {
            index_[i] = least(greatest(p.left + (i - 1), IntWide{}), last) - static_cast<int>(column_);
        }
        return !has_bits((index_[0] | index_[3]) & ~static_cast<int>(kColumns - 1));
    }

    void read(const float* row, Wide* values) const {
#if defined(__AVX512F__)
        const __m512 low = _mm512_loadu_ps(row), high = _mm512_loadu_ps(row + kWide);
        for (int i = 0; i < 4; ++i) values[i] = (Wide)_mm512_permutex2var_ps(low, (__m512i)index_[i], high);
#else
        if (is_straight_) {
            for (int i = 0; i < 4; ++i) values[i] = load_wide(row + i);
            return;
        }
        const __m256 low = _mm256_loadu_ps(row), high = _mm256_loadu_ps(row + kWide);
        for (int i = 0; i < 4; ++i) {
            const __m256i index = (__m256i)index_[i];
            // The bit that tells which of the two is moved to the sign.
            const __m256 is_high = _mm256_castsi256_ps(_mm256_slli_epi32(index, 28));
            values[i] = (Wide)_mm256_blendv_ps(_mm256_permutevar8x32_ps(low, index),
                                               _mm256_permutevar8x32_ps(high, index), is_high);
        }
#endif
    }
#else
    bool find_columns(const CubicPlaces& p, const Tensor& image) { return follow(p, image); }

    void read(const float* row, Wide* values) const {
        for (int i = 0; i < 4; ++i) values[i] = load_wide(row + i);
    }
#endif

    // Whether all taps lie inside, one pixel's beside the next one's.
    bool follow(const CubicPlaces& p, const Tensor& image) {
        column_ = p.left[0] - 1;
        return column_ >= 0 && column_ + kWide + 3 <= image.w() && !has_bits((p.left - counted()) ^ p.left[0]);
    }

    bool find_rows(const CubicPlaces& p, const Tensor& image) {
        int first = p.top[0], last = first;
        if (has_bits(p.top ^ first)) {
#if defined(__AVX512F__)
            first = _mm512_reduce_min_epi32((__m512i)p.top), last = _mm512_reduce_max_epi32((__m512i)p.top);
#else
            for (int lane = 1; lane < kWide; ++lane) {
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
    Wide value_over(const float* plane) const {
        CubicRow rows[kMost + 3];
        for (int row = 0; row < kMost + 3; ++row) {
            Wide values[4];
            read(plane + line_[row], values);
            rows[row] = taps_.row(values);
        }
        Wide result = taps_.sum(rows);
        for (int at = 1; at < kMost; ++at) result = taken(is_same(place_, at), taps_.sum(rows + at), result);
        return result;
    }

    CubicTaps taps_;
    bool is_straight_;
    long column_;
    int rows_, line_[kRows + 3];
    IntWide index_[4], place_;
};

}  // namespace
}  // namespace vfi
