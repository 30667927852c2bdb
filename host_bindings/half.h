// IEEE 754 half precision, as EXR, hosts and networks store it. Rounds to nearest even, as the hardware does.
#pragma once

#include <cstdint>
#include <cstring>

#if defined(__F16C__)
#include <immintrin.h>
#endif

namespace vfi {
namespace {

inline float float_of_bits(std::uint32_t bits) {
    float value;
    std::memcpy(&value, &bits, sizeof value);
    return value;
}

inline std::uint32_t bits_of_float(float value) {
    std::uint32_t bits;
    std::memcpy(&bits, &value, sizeof bits);
    return bits;
}

inline float float_of_half(std::uint16_t half) {
#if defined(__F16C__)
    return _cvtsh_ss(half);
#else
    // As a float the exponent is 112 too small; the multiplication mends it, for subnormal numbers too.
    const std::uint32_t magnitude = half & 0x7fffu;
    float value = float_of_bits(magnitude << 13) * float_of_bits((127u + 112u) << 23);
    if (magnitude >= 0x7c00u) value = float_of_bits((magnitude << 13) | 0x7f800000u);
    return float_of_bits(bits_of_float(value) | (static_cast<std::uint32_t>(half & 0x8000u) << 16));
#endif
}

inline std::uint16_t half_of_float(float value) {
#if defined(__F16C__)
    return static_cast<std::uint16_t>(_cvtss_sh(value, 0));
#else
    const std::uint32_t bits = bits_of_float(value), magnitude = bits & 0x7fffffffu;
    const std::uint32_t sign = (bits >> 16) & 0x8000u;
    if (magnitude > 0x7f800000u) return static_cast<std::uint16_t>(sign | 0x7e00u | ((magnitude >> 13) & 0x3ffu));
    if (magnitude >= 0x47800000u) return static_cast<std::uint16_t>(sign | 0x7c00u);  // 65536 and more
    // The spacing of floats just above 0.5 is that of subnormal halves, so the addition rounds as they need.
    const std::uint32_t subnormal = bits_of_float(float_of_bits(magnitude) + 0.5f) - bits_of_float(0.5f);
    if (magnitude < 0x38800000u) return static_cast<std::uint16_t>(sign | subnormal);
    const std::uint32_t rounded = magnitude + 0xfffu + ((magnitude >> 13) & 1u);
    return static_cast<std::uint16_t>(sign | ((rounded - (112u << 23)) >> 13));
#endif
}

inline void floats_of_halves(const std::uint16_t* source, float* target, long count) {
    long x = 0;
#if defined(__F16C__)
    for (; x + 8 <= count; x += 8) {
        const __m128i halves = _mm_loadu_si128(reinterpret_cast<const __m128i*>(source + x));
        _mm256_storeu_ps(target + x, _mm256_cvtph_ps(halves));
    }
#endif
    for (; x < count; ++x) target[x] = float_of_half(source[x]);
}

inline void halves_of_floats(const float* source, std::uint16_t* target, long count) {
    long x = 0;
#if defined(__F16C__)
    for (; x + 8 <= count; x += 8) {
        const __m128i halves = _mm256_cvtps_ph(_mm256_loadu_ps(source + x), 0);
        _mm_storeu_si128(reinterpret_cast<__m128i*>(target + x), halves);
    }
#endif
    for (; x < count; ++x) target[x] = half_of_float(source[x]);
}

}  // namespace
}  // namespace vfi
