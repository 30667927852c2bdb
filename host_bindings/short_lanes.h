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

// Eight of one row; those of the others do not count. By registers: a vector that is read from memory where only a part
// of it has just been written waits for that.
inline Codes one_row(const Code* at) {
#if defined(__AVX512BW__)
    return (Codes)_mm512_broadcast_i32x4((__m128i)load_eight(at));
#elif defined(__AVX2__)
    const __m256i rows[2] = {_mm256_broadcastsi128_si256((__m128i)load_eight(at)), __m256i{}};
    Codes value;
    std::memcpy(&value, rows, sizeof value);
    return value;
#else
    const EightCodes rows[4] = {load_eight(at)};
    Codes value;
    std::memcpy(&value, rows, sizeof value);
    return value;
#endif
}

inline Codes load_codes(const Code* at) {
    Codes value;
    std::memcpy(&value, at, sizeof value);
    return value;
}

inline void store_codes(Code* at, const Codes& value) { std::memcpy(at, &value, sizeof value); }

// The four rows that begin with the second one of a; the first one of b is the last.
inline Codes a_row_below(const Codes& a, const Codes& b) {
#if defined(__AVX512F__)
    return (Codes)_mm512_alignr_epi64((__m512i)b, (__m512i)a, 2);
#elif defined(__AVX2__)
    __m256i rows[3];
    std::memcpy(rows, &a, sizeof a), std::memcpy(rows + 2, &b, sizeof rows[2]);
    for (int half = 0; half < 2; ++half) rows[half] = _mm256_permute2x128_si256(rows[half], rows[half + 1], 0x21);
    Codes result;
    std::memcpy(&result, rows, sizeof result);
    return result;
#else
    EightCodes rows[5];
    std::memcpy(rows, &a, sizeof a), std::memcpy(rows + 4, &b, sizeof rows[4]);
    Codes result;
    std::memcpy(&result, rows + 1, sizeof result);
    return result;
#endif
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
