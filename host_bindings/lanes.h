// Sixteen floats at once, by the vector extension of GCC and Clang: one 512-bit register, two of 256 or four of 128,
// whichever the level this file is compiled for has.
#pragma once

#include <cstring>
#include <type_traits>

namespace vfi {
namespace {

constexpr long kLanes = 16;

typedef float Lanes __attribute__((vector_size(64)));
typedef int IntLanes __attribute__((vector_size(64)));

inline Lanes load(const float* at) {
    Lanes value;
    std::memcpy(&value, at, sizeof value);
    return value;
}

// The same, into a register for sure: for a value that is used several times the compiler would rather load it anew
// each time, and the convolutions wait for nothing but loads.
inline Lanes load_once(const float* at) {
    Lanes value = load(at);
#if defined(__AVX512F__)
    __asm__("" : "+v"(value));
#endif
    return value;
}

inline void store(float* at, const Lanes& value) { std::memcpy(at, &value, sizeof value); }

// Four floats: one pixel of up to four channels, or one row of a small filter.
typedef float Quad __attribute__((vector_size(16)));

inline Quad load_quad(const float* at) {
    Quad value;
    std::memcpy(&value, at, sizeof value);
    return value;
}

inline Lanes broadcast(float value) { return Lanes{} + value; }

// Comparisons and choices. Of vectors wider than its registers GCC compares one lane after another, which takes ten
// times as long; so these go by registers.
#if defined(__AVX512F__)

inline IntLanes is_less(const Lanes& a, const Lanes& b) { return a < b; }
inline IntLanes is_at_most(const Lanes& a, const Lanes& b) { return a <= b; }
inline IntLanes is_equal(const Lanes& a, const Lanes& b) { return a == b; }
inline Lanes larger(const Lanes& a, const Lanes& b) { return a > b ? a : b; }
inline Lanes smaller(const Lanes& a, const Lanes& b) { return a < b ? a : b; }
inline Lanes chosen(const IntLanes& where, const Lanes& then, const Lanes& otherwise) {
    return where ? then : otherwise;
}

#else

#if defined(__AVX2__)
constexpr long kRegisterBytes = 32;
#else
constexpr long kRegisterBytes = 16;
#endif

template <typename Value>
using Register __attribute__((vector_size(kRegisterBytes))) = Value;

template <typename To, typename From, typename Operation>
inline To by_registers(const From& a, const From& b, const Operation& operation) {
    typedef std::remove_cv_t<std::remove_reference_t<decltype(a[0])> > Value;
    constexpr long kCount = sizeof(From) / kRegisterBytes;
    Register<Value> first[kCount], second[kCount];
    decltype(operation(first[0], second[0])) found[kCount];
    std::memcpy(first, &a, sizeof a), std::memcpy(second, &b, sizeof b);
    for (long at = 0; at < kCount; ++at) found[at] = operation(first[at], second[at]);
    To result;
    std::memcpy(&result, found, sizeof result);
    return result;
}

inline IntLanes is_less(const Lanes& a, const Lanes& b) {
    return by_registers<IntLanes>(a, b, [](const auto& x, const auto& y) { return x < y; });
}

inline IntLanes is_at_most(const Lanes& a, const Lanes& b) {
    return by_registers<IntLanes>(a, b, [](const auto& x, const auto& y) { return x <= y; });
}

inline IntLanes is_equal(const Lanes& a, const Lanes& b) {
    return by_registers<IntLanes>(a, b, [](const auto& x, const auto& y) { return x == y; });
}

inline Lanes larger(const Lanes& a, const Lanes& b) {
    return by_registers<Lanes>(a, b, [](const auto& x, const auto& y) { return x > y ? x : y; });
}

inline Lanes smaller(const Lanes& a, const Lanes& b) {
    return by_registers<Lanes>(a, b, [](const auto& x, const auto& y) { return x < y ? x : y; });
}

inline Lanes chosen(const IntLanes& where, const Lanes& then, const Lanes& otherwise) {
    return (Lanes)(((IntLanes)then & where) | ((IntLanes)otherwise & ~where));
}

#endif

// e^x, within 2 units in the last place; NaN stays, too large gives Inf, too small 0.
inline Lanes exponential(const Lanes& x) {
    // Beyond these the result is Inf or 0 in any case, and the exponent below stays a small integer.
    const Lanes bounded = smaller(larger(x, broadcast(-110.0f)), broadcast(90.0f));
    const Lanes scaled = bounded * 1.44269504f;  // 1 / ln 2
    const IntLanes whole =
        __builtin_convertvector(scaled + chosen(is_less(Lanes{}, scaled), broadcast(0.5f), broadcast(-0.5f)), IntLanes);
    const Lanes n = __builtin_convertvector(whole, Lanes);
    // ln 2 in two parts, so that n times the first is exact.
    const Lanes r = (bounded - n * 0.693359375f) + n * 2.12194440e-4f;
    // Taylor to r^7 / 7!: what is left out is below 5e-9 for |r| <= ln 2 / 2.
    Lanes power = r * (1.0f / 5040.0f) + (1.0f / 720.0f);
    power = power * r + (1.0f / 120.0f);
    power = power * r + (1.0f / 24.0f);
    power = power * r + (1.0f / 6.0f);
    power = power * r + 0.5f;
    power = power * r + 1.0f;
    power = power * r + 1.0f;
    // 2^n as two factors: one alone leaves the range of exponents at both ends.
    const IntLanes half = whole >> 1;
    const Lanes first = (Lanes)((half + 127) << 23), second = (Lanes)((whole - half + 127) << 23);
    return chosen(is_equal(x, x), power * first * second, x);
}

// The same for x <= 0 or NaN, half the work: within 4 units in the last place, and 0 where the result were subnormal.
inline Lanes exponential_of_negative(const Lanes& x) {
    // From here on the exponent below is that of 0. NaN compares false and stays.
    const Lanes bounded = chosen(is_less(x, broadcast(-88.0f)), broadcast(-88.02969f), x);  // 127 ln 2
    // At this size the spacing of floats is 1: the sum rounds to a whole number, which its last bits hold.
    const Lanes rounder = broadcast(12582912.0f);  // 1.5 * 2^23
    const Lanes shifted = bounded * 1.44269504f + rounder;
    const Lanes n = shifted - rounder;
    const Lanes r = (bounded - n * 0.693359375f) + n * 2.12194440e-4f;
    // Taylor to r^6 / 6!: what is left out is below 2e-7.
    Lanes power = r * (1.0f / 720.0f) + (1.0f / 120.0f);
    power = power * r + (1.0f / 24.0f);
    power = power * r + (1.0f / 6.0f);
    power = power * r + 0.5f;
    power = power * r + 1.0f;
    power = power * r + 1.0f;
    return power * (Lanes)(((IntLanes)shifted << 23) + (127 << 23));
}

}  // namespace
}  // namespace vfi
