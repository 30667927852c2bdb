// Thirty-two 16-bit integers at once. Integers are exact: every level has the same bits whatever its order of sums.
#pragma once

#include <cstdint>
#include <cstring>

#include "lanes.h"

#if defined(__AVX2__)
#include <immintrin.h>
#endif

namespace vfi {
namespace {

typedef std::int16_t Code;

typedef Code Codes __attribute__((vector_size(64)));
typedef Code HalfCodes __attribute__((vector_size(32)));
typedef Code EightCodes __attribute__((vector_size(16)));
typedef int IntRow __attribute__((vector_size(32)));
typedef int IntQuad __attribute__((vector_size(16)));

inline Codes broadcast_code(int value) { return Codes{} + static_cast<Code>(value); }

inline EightCodes load_eight(const Code* at) {
    EightCodes value;
    std::memcpy(&value, at, sizeof value);
    return value;
}

// Eight of each of four rows.
inline Codes four_rows(const Code* at, long stride) {
#if defined(__AVX512BW__)
    // From memory an insertion needs no shuffle, of which only one a cycle can be done.
    const auto row = [&](long y) { return (__m128i)load_eight(at + y * stride); };
    const __m512i two = _mm512_inserti32x4(_mm512_castsi128_si512(row(0)), row(1), 1);
    return (Codes)_mm512_inserti32x4(_mm512_inserti32x4(two, row(2), 2), row(3), 3);
#else
    Codes value;
    for (long y = 0; y < 4; ++y) std::memcpy(reinterpret_cast<char*>(&value) + 16 * y, at + y * stride, 16);
    return value;
#endif
}

// The four rows that begin with the second one of a; the first one of b is the last.
inline Codes a_row_below(const Codes& a, const Codes& b) {
    return __builtin_shufflevector(a, b, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27,
                                   28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39);
}

// value * part / 2^15, rounded.
inline Codes part_of(const Codes& value, const Codes& part) {
#if defined(__AVX512BW__)
    return (Codes)_mm512_mulhrs_epi16((__m512i)value, (__m512i)part);
#elif defined(__AVX2__)
    __m256i a[2], b[2];
    std::memcpy(a, &value, sizeof a), std::memcpy(b, &part, sizeof b);
    for (int half = 0; half < 2; ++half) a[half] = _mm256_mulhrs_epi16(a[half], b[half]);
    Codes result;
    std::memcpy(&result, a, sizeof result);
    return result;
#else
    Codes result;
    for (int at = 0; at < 32; ++at) result[at] = static_cast<Code>((value[at] * part[at] + 0x4000) >> 15);
    return result;
#endif
}

// The sums of two neighbours' products.
inline IntLanes pair_products(const Codes& first, const Codes& second) {
#if defined(__AVX512BW__)
    return (IntLanes)_mm512_madd_epi16((__m512i)first, (__m512i)second);
#elif defined(__AVX2__)
    __m256i a[2], b[2];
    std::memcpy(a, &first, sizeof a), std::memcpy(b, &second, sizeof b);
    for (int half = 0; half < 2; ++half) a[half] = _mm256_madd_epi16(a[half], b[half]);
    IntLanes result;
    std::memcpy(&result, a, sizeof result);
    return result;
#else
    IntLanes result;
    for (int at = 0; at < 16; ++at) {
        result[at] = first[2 * at] * second[2 * at] + first[2 * at + 1] * second[2 * at + 1];
    }
    return result;
#endif
}

inline IntRow folded(const IntLanes& a) {
    return __builtin_shufflevector(a, a, 0, 1, 2, 3, 4, 5, 6, 7) +
           __builtin_shufflevector(a, a, 8, 9, 10, 11, 12, 13, 14, 15);
}

// The sums of four vectors.
inline IntQuad sums(const IntLanes& a, const IntLanes& b, const IntLanes& c, const IntLanes& d) {
    const IntRow p = folded(a), q = folded(b), r = folded(c), s = folded(d);
    const IntRow pq = __builtin_shufflevector(p, q, 0, 8, 1, 9, 4, 12, 5, 13) +
                      __builtin_shufflevector(p, q, 2, 10, 3, 11, 6, 14, 7, 15);
    const IntRow rs = __builtin_shufflevector(r, s, 0, 8, 1, 9, 4, 12, 5, 13) +
                      __builtin_shufflevector(r, s, 2, 10, 3, 11, 6, 14, 7, 15);
    const IntRow all = __builtin_shufflevector(pq, rs, 0, 1, 8, 9, 4, 5, 12, 13) +
                       __builtin_shufflevector(pq, rs, 2, 3, 10, 11, 6, 7, 14, 15);
    return __builtin_shufflevector(all, all, 0, 1, 2, 3) + __builtin_shufflevector(all, all, 4, 5, 6, 7);
}

}  // namespace
}  // namespace vfi
