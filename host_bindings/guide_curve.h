// The curve that bends scene-linear light into [0, 1]; vfi_plugin.image.guide_curve says what it is and holds its
// constants.
#pragma once

namespace vfi {

// What is left of the room at a distance l >= 0, a logarithm: (square * r + linear) * r with r = 1 / (1 + beta * l).
struct Tail {
    float beta, square, linear;
};

struct GuideCurve {
    float toe_end, log_toe_end;  // where the power begins
    float inverse_gamma, power_scale, toe_scale, offset;
    Tail shoulder, negatives;  // above 1, and below -toe_end
    // Of the pixels: NaN counts as 0, infinities as half_max, and nothing as more than most.
    float half_max, most;
};

}  // namespace vfi
