// Sixteen bilinear pixels of interleaved channels, four to a vector: the pixels around a position are loads of four
// floats, and their weights are spread over the channels by permutation. Says nothing of how smooth the flow is.
#pragma once

#include <immintrin.h>

#include "positions.h"

namespace vfi {
namespace {

// C is 3 or 4. A vector of 4 floats at a pixel of 3 reads one float of the next pixel, so the last column is not for
// it.
template <int C>
class InterleavedBlock {
  public:
    // Whether the pixels [first, first + kLanes) have all taps inside and a flow that is finite.
    bool find(const Positions& p, long first, const Tensor& image) {
        const long row = image.stride[2];
        if (row < 0 || image.h() * row > 0x7fffffffL) return false;  // offsets below are ints
        const __m512i left = _mm512_loadu_si512(p.left + first), top = _mm512_loadu_si512(p.top + first);
        const __m512i zero = _mm512_setzero_si512();
        const __mmask16 low = _mm512_cmpge_epi32_mask(left, zero) & _mm512_cmpge_epi32_mask(top, zero);
        const __mmask16 high = _mm512_cmplt_epi32_mask(left, whole(image.w() - 1 - (C == 3))) &
                               _mm512_cmplt_epi32_mask(top, whole(image.h() - 1));
        const __mmask16 valid = _mm512_movepi32_mask(_mm512_loadu_si512(p.valid + first));
        if ((low & high & valid) != 0xffff) return false;
        const __m512i from_row = _mm512_mullo_epi32(top, whole(row));
        _mm512_store_si512(offset_, _mm512_add_epi32(from_row, _mm512_mullo_epi32(left, whole(C))));
        fx_ = _mm512_loadu_ps(p.fx + first);
        fy_ = _mm512_loadu_ps(p.fy + first);
        return true;
    }

    void warp(const Tensor& image, long n, float* target) const {
        const float* plane = image.floats(n, 0, 0);
        __m512 quads[4];
        for (int at = 0; at < 4; ++at) quads[at] = quad(plane, image.stride[2], at);
        if (C == 4) {
            for (int at = 0; at < 4; ++at) _mm512_storeu_ps(target + 16 * at, quads[at]);
            return;
        }
        // The fourth float of each pixel goes.
        const __m512i first = _mm512_setr_epi32(0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, 16, 17, 18, 20);
        const __m512i second = _mm512_setr_epi32(5, 6, 8, 9, 10, 12, 13, 14, 16, 17, 18, 20, 21, 22, 24, 25);
        const __m512i third = _mm512_setr_epi32(10, 12, 13, 14, 16, 17, 18, 20, 21, 22, 24, 25, 26, 28, 29, 30);
        _mm512_storeu_ps(target, _mm512_permutex2var_ps(quads[0], first, quads[1]));
        _mm512_storeu_ps(target + 16, _mm512_permutex2var_ps(quads[1], second, quads[2]));
        _mm512_storeu_ps(target + 32, _mm512_permutex2var_ps(quads[2], third, quads[3]));
    }

  private:
    static __m512i whole(long value) { return _mm512_set1_epi32(static_cast<int>(value)); }

    static __m512 load_four(const float* at, const int* offset) {
        const __m512 first = _mm512_castps128_ps512(_mm_loadu_ps(at + offset[0]));
        const __m512 two = _mm512_insertf32x4(first, _mm_loadu_ps(at + offset[1]), 1);
        const __m512 three = _mm512_insertf32x4(two, _mm_loadu_ps(at + offset[2]), 2);
        return _mm512_insertf32x4(three, _mm_loadu_ps(at + offset[3]), 3);
    }

    // A weight of zero silences its tap: 0 * Inf would be NaN.
    static __m512 tap(__m512 weight, __m512 value) {
        return _mm512_maskz_mul_ps(_mm512_cmp_ps_mask(weight, _mm512_setzero_ps(), _CMP_NEQ_UQ), weight, value);
    }

    // The four pixels from the block's pixel 4 * at on.
    __m512 quad(const float* plane, long row, int at) const {
        const __m512i each = _mm512_setr_epi32(0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3);
        const __m512i pixel = _mm512_add_epi32(each, _mm512_set1_epi32(4 * at));
        const __m512 one = _mm512_set1_ps(1.0f);
        const __m512 fx = _mm512_permutexvar_ps(pixel, fx_), fy = _mm512_permutexvar_ps(pixel, fy_);
        const __m512 gx = _mm512_sub_ps(one, fx), gy = _mm512_sub_ps(one, fy);
        const int* offset = offset_ + 4 * at;
        const __m512 above = _mm512_add_ps(tap(gx, load_four(plane, offset)), tap(fx, load_four(plane + C, offset)));
        const float* lower = plane + row;
        const __m512 below = _mm512_add_ps(tap(gx, load_four(lower, offset)), tap(fx, load_four(lower + C, offset)));
        return _mm512_add_ps(_mm512_mul_ps(gy, above), tap(fy, below));
    }

    alignas(64) int offset_[kLanes];
    __m512 fx_, fy_;
};

}  // namespace
}  // namespace vfi
