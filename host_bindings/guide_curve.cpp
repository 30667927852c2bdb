#include "guide_curve.h"

#include <algorithm>
#include <limits>

#include "lanes.h"
#include "levels.h"
#include "parallel.h"

namespace vfi {
namespace VFI_LEVEL {
namespace {

// Pixels worked on at a time: three planes of them are 6 KiB, in a first-level cache. A multiple of kLanes.
constexpr long kBlockPixels = 512;

constexpr long kOperationsAValue = 60;

// ln x of normal positive numbers, within 2 units in the last place.
inline Lanes logarithm(const Lanes& x) {
    // x = 2^n * (1 + f) with 1 + f from sqrt(1/2) to sqrt(2): the bits of sqrt(1/2) go before the exponent is cut out.
    constexpr int root_half = 0x3f3504f3;
    const IntLanes shifted = (IntLanes)x - root_half;
    const Lanes n = __builtin_convertvector(shifted >> 23, Lanes);
    const Lanes f = (Lanes)((shifted & 0x007fffff) + root_half) - 1.0f;
    // ln(1 + f) = f - f^2 / 2 + f^3 p(f); p interpolates at Chebyshev's points, off by less than 9e-8 of the logarithm.
    Lanes p = f * -0.07902744f + 0.12622319f;
    p = p * f - 0.12998183f;
    p = p * f + 0.14214496f;
    p = p * f - 0.16641282f;
    p = p * f + 0.20001045f;
    p = p * f - 0.25000307f;
    p = p * f + 0.3333333f;
    const Lanes square = f * f;
    // ln 2 in two parts, so that n times the first is exact.
    return n * 0.693359375f + ((p * (square * f) - n * 2.12194440e-4f) - square * 0.5f + f);
}

inline float room(const Tail& tail) { return tail.square + tail.linear; }

// has_tails: whether any value is above 1 or below -toe_end; without, the result is the same in half the time.
template <bool has_tails>
inline Lanes bent(const GuideCurve& curve, const Lanes& x) {
    const Lanes zero{};
    const Lanes log = logarithm(larger(x < 0.0f ? -x : x, broadcast(curve.toe_end)));
    // A sum of parts: each moves in its own range and is constant elsewhere.
    Lanes sum =
        exponential_of_negative((has_tails ? smaller(log, zero) : log) * curve.inverse_gamma) * curve.power_scale;
    sum += smaller(larger(x, broadcast(-curve.toe_end)), broadcast(curve.toe_end)) * curve.toe_scale;
    sum += curve.offset;
    if (!has_tails) return x == x ? sum - room(curve.shoulder) : x;
    // Of the two tails a value is in one at most, so one division does for both.
    const IntLanes is_below = x < -curve.toe_end;
    const Lanes distance = is_below ? log - curve.log_toe_end : larger(log, zero);
    const auto chosen = [&](float below, float above) { return is_below ? broadcast(below) : broadcast(above); };
    const Lanes reach = 1.0f / (distance * chosen(curve.negatives.beta, curve.shoulder.beta) + 1.0f);
    const Lanes left = (reach * chosen(curve.negatives.square, curve.shoulder.square) +
                        chosen(curve.negatives.linear, curve.shoulder.linear)) *
                       reach;
    // The negatives are no term of the sum: near 0 floats have far finer steps than the sum's terms.
    const Lanes guide = is_below ? left : sum - left;
    return x == x ? guide : x;
}

// Whether some of count values (a multiple of kLanes) need a tail.
inline bool need_tails(const GuideCurve& curve, const float* values, long count) {
    IntLanes outside{};
    for (long x = 0; x < count; x += kLanes) {
        const Lanes value = load(values + x);
        outside |= (value > 1.0f) | (value < -curve.toe_end);
    }
    int any = 0;
    for (long lane = 0; lane < kLanes; ++lane) any |= outside[lane];
    return any != 0;
}

// In place; count is a multiple of kLanes.
void bend(const GuideCurve& curve, float* values, long count) {
    if (need_tails(curve, values, count)) {
        for (long x = 0; x < count; x += kLanes) store(values + x, bent<true>(curve, load(values + x)));
    } else {
        for (long x = 0; x < count; x += kLanes) store(values + x, bent<false>(curve, load(values + x)));
    }
}

inline Lanes healed(const GuideCurve& curve, const Lanes& x) {
    const float infinity = std::numeric_limits<float>::infinity();
    Lanes known = x == x ? x : Lanes{};
    known = known == infinity ? broadcast(curve.half_max) : known;
    known = known == -infinity ? broadcast(-curve.half_max) : known;
    return smaller(larger(known, broadcast(-curve.most)), broadcast(curve.most));
}

struct Planes {
    float channel[3][kBlockPixels];
};

void heal(const GuideCurve& curve, long count, Planes& planes) {
    for (auto& channel : planes.channel) {
        for (long x = 0; x < count; x += kLanes) store(channel + x, healed(curve, load(channel + x)));
    }
}

void turn(const float* matrix, long count, Planes& planes) {
    for (long x = 0; x < count; x += kLanes) {
        const Lanes red = load(planes.channel[0] + x), green = load(planes.channel[1] + x),
                    blue = load(planes.channel[2] + x);
        for (long row = 0; row < 3; ++row) {
            const float* share = matrix + 3 * row;
            store(planes.channel[row] + x, red * share[0] + green * share[1] + blue * share[2]);
        }
    }
}

// A few pixels; the last lanes of a shorter block work on zeros.
void guide_of_block(const float* __restrict pixels, long count, const float* matrix, const GuideCurve& curve,
                    float* __restrict guide) {
    Planes planes;
    const long whole = (count + kLanes - 1) / kLanes * kLanes;
    for (auto& channel : planes.channel) std::fill(channel + count, channel + whole, 0.0f);
    for (long x = 0; x < count; ++x) {
        for (long c = 0; c < 3; ++c) planes.channel[c][x] = pixels[3 * x + c];
    }
    heal(curve, whole, planes);
    turn(matrix, whole, planes);
    for (auto& channel : planes.channel) bend(curve, channel, whole);
    for (long x = 0; x < count; ++x) {
        for (long c = 0; c < 3; ++c) guide[3 * x + c] = planes.channel[c][x];
    }
}

}  // namespace

void bend_values(const float* values, long count, const GuideCurve& curve, float* guide, int threads) {
    const long blocks = (count + kBlockPixels - 1) / kBlockPixels;
    parallel_for(blocks, kBlockPixels * kOperationsAValue, threads, [&](long first, long last) {
        for (long block = first; block < last; ++block) {
            const long at = block * kBlockPixels, here = std::min(kBlockPixels, count - at);
            float buffer[kBlockPixels] = {};
            std::copy(values + at, values + at + here, buffer);
            bend(curve, buffer, kBlockPixels);
            std::copy(buffer, buffer + here, guide + at);
        }
    });
}

void guide_of_pixels(const float* pixels, long count, const float* matrix, const GuideCurve& curve, float* guide,
                     int threads) {
    const long blocks = (count + kBlockPixels - 1) / kBlockPixels;
    parallel_for(blocks, 3 * kBlockPixels * kOperationsAValue, threads, [&](long first, long last) {
        for (long block = first; block < last; ++block) {
            const long at = block * kBlockPixels;
            guide_of_block(pixels + 3 * at, std::min(kBlockPixels, count - at), matrix, curve, guide + 3 * at);
        }
    });
}

}  // namespace VFI_LEVEL
}  // namespace vfi
