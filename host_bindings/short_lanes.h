// As many 16-bit integers as one register of the level holds: 32, 16 or 8, four, two or one rows of a patch. Integers
// are exact: every level has the same bits whatever its order of sums.
#pragma once

#include <cstdint>
#include <cstring>

#include "lanes.h"

#if defined(__SSE2__)
#include <immintrin.h>
#endif

namespace vfi {
namespace {

#if defined(__AVX512BW__)
constexpr long kCodesBytes = 64;
#elif defined(__AVX2__)
constexpr long kCodesBytes = 32;
#else
constexpr long kCodesBytes = 16;
#endif

typedef std::int16_t Code;

constexpr long kCodes = kCodesBytes / sizeof(Code);
constexpr long kRowsAtOnce = kCodes / 8;

typedef Code Codes __attribute__((vector_size(kCodesBytes)));
typedef Code HalfCodes __attribute__((vector_size(kCodesBytes / 2)));
typedef Code EightCodes __attribute__((vector_size(16)));
typedef int Ints __attribute__((vector_size(kCodesBytes)));
typedef int IntRow __attribute__((vector_size(32)));
typedef int IntQuad __attribute__((vector_size(16)));

inline Codes broadcast_code(int value) { return Codes{} + static_cast<Code>(value); }

inline EightCodes load_eight(const Code* at) {
    EightCodes value;
    std::memcpy(&value, at, sizeof value);
    return value;
}

inline Codes load_codes(const Code* at) {
    Codes value;
    std::memcpy(&value, at, sizeof value);
    return value;
}

inline void store_codes(Code* at, const Codes& value) { std::memcpy(at, &value, sizeof value); }

// Eight of each of as many rows as fit.
inline Codes load_rows(const Code* at, long stride) {
#if defined(__AVX512BW__)
    // From memory an insertion needs no shuffle, of which only one a cycle can be done.
    const auto row = [&](long y) { return (__m128i)load_eight(at + y * stride); };
    const __m512i two = _mm512_inserti32x4(_mm512_castsi128_si512(row(0)), row(1), 1);
    return (Codes)_mm512_inserti32x4(_mm512_inserti32x4(two, row(2), 2), row(3), 3);
#elif defined(__AVX2__)
    const auto row = [&](long y) { return (__m128i)load_eight(at + y * stride); };
    return (Codes)_mm256_inserti128_si256(_mm256_castsi128_si256(row(0)), row(1), 1);
#else
    (void)stride;
    return load_eight(at);
#endif
}

// Eight of one row, first; the others do not count.
inline Codes one_row(const Code* at) {
#if defined(__AVX512BW__)
    return (Codes)_mm512_castsi128_si512((__m128i)load_eight(at));
#elif defined(__AVX2__)
    return (Codes)_mm256_broadcastsi128_si256((__m128i)load_eight(at));
#else
    return load_eight(at);
#endif
}

// The rows that begin with the second one of a; the first one of b is the last.
inline Codes a_row_below(const Codes& a, const Codes& b) {
#if defined(__AVX512BW__)
    return (Codes)_mm512_alignr_epi64((__m512i)b, (__m512i)a, 2);
#elif defined(__AVX2__)
    return (Codes)_mm256_permute2x128_si256((__m256i)a, (__m256i)b, 0x21);
#else
    (void)a;
    return b;
#endif
}

// value * part / 2^15, rounded.
inline Codes part_of(const Codes& value, const Codes& part) {
#if defined(__AVX512BW__)
    return (Codes)_mm512_mulhrs_epi16((__m512i)value, (__m512i)part);
#elif defined(__AVX2__)
    return (Codes)_mm256_mulhrs_epi16((__m256i)value, (__m256i)part);
#elif defined(__SSE2__)
    // The instruction came later: of the upper half of the product twice, of the lower the first two bits, rounded.
    const __m128i upper = _mm_mulhi_epi16((__m128i)value, (__m128i)part);
    const __m128i lower = _mm_srli_epi16(_mm_mullo_epi16((__m128i)value, (__m128i)part), 14);
    const __m128i rounded = _mm_srli_epi16(_mm_add_epi16(lower, _mm_set1_epi16(1)), 1);
    return (Codes)_mm_add_epi16(_mm_add_epi16(upper, upper), rounded);
#else
    Codes result;
    for (long at = 0; at < kCodes; ++at) result[at] = static_cast<Code>((value[at] * part[at] + 0x4000) >> 15);
    return result;
#endif
}

// The sums of two neighbours' products.
inline Ints pair_products(const Codes& first, const Codes& second) {
#if defined(__AVX512BW__)
    return (Ints)_mm512_madd_epi16((__m512i)first, (__m512i)second);
#elif defined(__AVX2__)
    return (Ints)_mm256_madd_epi16((__m256i)first, (__m256i)second);
#elif defined(__SSE2__)
    return (Ints)_mm_madd_epi16((__m128i)first, (__m128i)second);
#else
    Ints result;
    for (long at = 0; at < kCodes / 2; ++at) {
        result[at] = first[2 * at] * second[2 * at] + first[2 * at + 1] * second[2 * at + 1];
    }
    return result;
#endif
}

#if defined(__AVX512BW__)
inline IntRow folded(const Ints& a) {
    return __builtin_shufflevector(a, a, 0, 1, 2, 3, 4, 5, 6, 7) +
           __builtin_shufflevector(a, a, 8, 9, 10, 11, 12, 13, 14, 15);
}
#elif defined(__AVX2__)
inline IntRow folded(const Ints& a) { return a; }
#endif

// The sums of four vectors.
inline IntQuad sums(const Ints& a, const Ints& b, const Ints& c, const Ints& d) {
#if defined(__AVX2__)
    const IntRow p = folded(a), q = folded(b), r = folded(c), s = folded(d);
    const IntRow pq = __builtin_shufflevector(p, q, 0, 8, 1, 9, 4, 12, 5, 13) +
                      __builtin_shufflevector(p, q, 2, 10, 3, 11, 6, 14, 7, 15);
    const IntRow rs = __builtin_shufflevector(r, s, 0, 8, 1, 9, 4, 12, 5, 13) +
                      __builtin_shufflevector(r, s, 2, 10, 3, 11, 6, 14, 7, 15);
    const IntRow all = (IntRow)_mm256_add_epi32(_mm256_unpacklo_epi64((__m256i)pq, (__m256i)rs),
                                                _mm256_unpackhi_epi64((__m256i)pq, (__m256i)rs));
    return (IntQuad)_mm_add_epi32(_mm256_castsi256_si128((__m256i)all), _mm256_extracti128_si256((__m256i)all, 1));
#else
    const IntQuad p = __builtin_shufflevector(a, b, 0, 4, 1, 5) + __builtin_shufflevector(a, b, 2, 6, 3, 7);
    const IntQuad q = __builtin_shufflevector(c, d, 0, 4, 1, 5) + __builtin_shufflevector(c, d, 2, 6, 3, 7);
    return __builtin_shufflevector(p, q, 0, 1, 4, 5) + __builtin_shufflevector(p, q, 2, 3, 6, 7);
#endif
}

}  // namespace
}  // namespace vfi
