// As many floats as one register of the level holds: 16, 8 or 4. Unlike Lanes, which are sixteen at every level, these
// are compared and chosen from in one instruction everywhere; results do not depend on how many go together.
#pragma once

#include <cstdint>
#include <cstring>

#if defined(__SSE2__)
#include <immintrin.h>
#endif

namespace vfi {
namespace {

#if defined(__AVX512F__)
constexpr long kWideBytes = 64;
#elif defined(__AVX2__)
constexpr long kWideBytes = 32;
#else
constexpr long kWideBytes = 16;
#endif

constexpr long kWide = kWideBytes / sizeof(float);

typedef float Wide __attribute__((vector_size(kWideBytes)));
typedef int IntWide __attribute__((vector_size(kWideBytes)));

inline Wide load_wide(const float* at) {
    Wide value;
    std::memcpy(&value, at, sizeof value);
    return value;
}

inline void store_wide(float* at, const Wide& value) { std::memcpy(at, &value, sizeof value); }

inline Wide all_of(float value) { return Wide{} + value; }
inline IntWide all_of(int value) { return IntWide{} + value; }

// 0, 1, 2 and so on.
inline IntWide counted() {
    IntWide value;
    for (int lane = 0; lane < kWide; ++lane) value[lane] = lane;
    return value;
}

// b where one is no number, or both are 0.
inline Wide least(const Wide& a, const Wide& b) { return a < b ? a : b; }
inline Wide greatest(const Wide& a, const Wide& b) { return a > b ? a : b; }
inline IntWide least(const IntWide& a, const IntWide& b) { return a < b ? a : b; }
inline IntWide greatest(const IntWide& a, const IntWide& b) { return a > b ? a : b; }

// Which lanes something holds for: a register of bits, or lanes whose bits are all set.
#if defined(__AVX512F__)

typedef __mmask16 LaneMask;

inline LaneMask is_not_zero(const Wide& value) {
    return _mm512_cmp_ps_mask((__m512)value, _mm512_setzero_ps(), _CMP_NEQ_UQ);
}

inline LaneMask is_same(const IntWide& value, int to) {
    return _mm512_cmpeq_epi32_mask((__m512i)value, _mm512_set1_epi32(to));
}

inline Wide taken(LaneMask where, const Wide& then, const Wide& otherwise) {
    return (Wide)_mm512_mask_mov_ps((__m512)otherwise, where, (__m512)then);
}

// first * second, 0 where not.
inline Wide product(LaneMask where, const Wide& first, const Wide& second) {
    return (Wide)_mm512_maskz_mul_ps(where, (__m512)first, (__m512)second);
}

inline bool has_bits(const IntWide& value) { return _mm512_test_epi32_mask((__m512i)value, (__m512i)value) != 0; }

#else

typedef IntWide LaneMask;

inline LaneMask is_not_zero(const Wide& value) { return value != 0.0f; }
inline LaneMask is_same(const IntWide& value, int to) { return value == to; }
inline Wide taken(const LaneMask& where, const Wide& then, const Wide& otherwise) { return where ? then : otherwise; }

inline Wide product(const LaneMask& where, const Wide& first, const Wide& second) {
    return (Wide)((IntWide)(first * second) & where);
}

inline bool has_bits(const IntWide& value) {
#if defined(__AVX2__)
    return !_mm256_testz_si256((__m256i)value, (__m256i)value);
#else
    std::uint64_t words[2];
    std::memcpy(words, &value, sizeof words);
    return (words[0] | words[1]) != 0;
#endif
}

#endif

}  // namespace
}  // namespace vfi
