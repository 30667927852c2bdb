// Cryptomatte resampling: lists of (object id, coverage) merged by id, never averaged channel by channel.
#pragma once

#include <cstdint>

namespace vfi {

// One source frame: ids (bit patterns) and coverage, each (ranks, h, w), the flow (2, h, w) in pixels to it, x then y.
struct CryptoSource {
    const std::uint32_t* ids;
    const float* coverage;
    const float* flow;
};

struct CryptoShape {
    long ranks, h, w;
};

// For every pixel: gathers (id, share * coverage) from the four pixels around where each flow leads, share being the
// bilinear weight times the source's weight; adds entries of the same id bits, drops id 0 and shares that are not above
// 0, sorts by coverage (largest first; ties by id, so that the result is one and the same everywhere) and keeps the
// first ranks. Nothing is renormalised: what falls off the end is lost, as in the renderer's own filter.
//
// This is the bilinear blend that alpha gets, so mattes agree with it. weight_0: (h, w), the first source's share.
// Positions are clamped to the image; one that is not finite adds nothing.
void resample_ranked(const CryptoSource& first, const CryptoSource& second, const float* weight_0,
                     std::uint32_t* out_ids, float* out_coverage, const CryptoShape& shape, int threads);

}  // namespace vfi
