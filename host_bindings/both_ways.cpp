// What vfi_plugin.motion.both_ways.BothWays.motion gives, without small things, in one call: of motion of cells,
// torch's many small operations take longer than the search.
#include <cmath>
#include <vector>

#include "filled_holes.h"
#include "levels.h"
#include "parallel.h"

namespace vfi {
namespace VFI_LEVEL {
namespace {

// See projection.py and both_ways.py, where each is explained.
constexpr float kMatchSharpness = 50.0f, kLowestLogWeight = -15.0f, kChoiceSoftness = 0.03f, kHiddenShare = 0.2f;
constexpr long kChoiceReach = 2;

struct Way {
    Planes guide, flow, weight;
};

// All steps of one pair; h x w pixels.
class Pair {
  public:
    Pair(const CellMotion& cells, int threads)
        : h_(cells.before.h()),
          w_(cells.before.w()),
          threads_(threads),
          ways_{way(cells.before, cells.forward), way(cells.after, cells.backward)} {
        judge(ways_[0], ways_[1]);
        judge(ways_[1], ways_[0]);
    }

    // Into flow_0 and flow_1 (1, 2, h, w) and weight (1, 1, h, w).
    void write_motion(float t, const Tensor& flow_0, const Tensor& flow_1, const Tensor& weight) const {
        const Planes motion = chosen_motion(t);
        const Planes to_0 = scaled(motion, -t), to_1 = scaled(motion, 1.0f - t);
        const Planes seen_0 = visibility(ways_[0].flow, to_0, motion, 1.0f);
        const Planes seen_1 = visibility(ways_[1].flow, to_1, motion, -1.0f);
        Planes share(1, h_, w_);
        each([&](long at) {
            const Lanes first = seen_0.load(0, at) * (1.0f - t), total = first + seen_1.load(0, at) * t;
            const IntLanes has_share = is_less(Lanes{}, total);
            share.store(0, at, chosen(has_share, first / larger(total, broadcast(1e-6f)), broadcast(1.0f - t)));
        });
        to_0.write(flow_0), to_1.write(flow_1), share.write(weight);
    }

  private:
    Way way(const Tensor& guide, const Tensor& flow) const {
        return {Planes::of(guide), Planes::of(flow), Planes(1, h_, w_)};
    }

    template <typename Body>
    void each(const Body& body) const {
        const long blocks = (h_ * w_ + kLanes - 1) / kLanes;
        parallel_for(blocks, 20 * kLanes, threads_, [&](long begin, long end) {
            for (long block = begin; block < end; ++block) body(block * kLanes);
        });
    }

    Planes warped(const Planes& image, const Planes& flow) const {
        Planes out(image.c(), h_, w_);
        warp(image.view(), flow.view(), out.view(), false, 2, threads_);
        return out;
    }

    Planes scaled(const Planes& flow, float by) const {
        Planes out(2, h_, w_);
        each([&](long at) {
            for (long c = 0; c < 2; ++c) out.store(c, at, flow.load(c, at) * by);
        });
        return out;
    }

    static Lanes size(const Lanes& value) { return larger(value, -value); }

    static Lanes unlike(const Planes& a, const Planes& b, long at) { return size(a.load(0, at) - b.load(0, at)); }

    void judge(Way& here, const Way& there) const {
        const Planes moved = warped(there.guide, here.flow);
        each([&](long at) {
            const Lanes log_weight = -kMatchSharpness * unlike(moved, here.guide, at);
            here.weight.store(0, at, exponential(larger(log_weight, broadcast(kLowestLogWeight))));
        });
    }

    Planes projected(const Way& way, float t) const {
        Planes thrown(3, h_, w_), landed(3, h_, w_);
        each([&](long at) {
            const Lanes weight = way.weight.load(0, at);
            for (long c = 0; c < 2; ++c) thrown.store(c, at, way.flow.load(c, at) * weight);
            thrown.store(2, at, weight);
        });
        splat_sum(thrown.view(), scaled(way.flow, t).view(), landed.view(), threads_);
        return filled_holes(std::move(landed));
    }

    Planes chosen_motion(float t) const {
        const Planes first = projected(ways_[0], t), second = scaled(projected(ways_[1], 1.0f - t), -1.0f);
        const Planes cost_first = disagreement(first, t), cost_second = disagreement(second, t);
        Planes motion(2, h_, w_);
        each([&](long at) {
            const Lanes worse = (cost_first.load(0, at) - cost_second.load(0, at)) / kChoiceSoftness;
            const Lanes believe_first = 1.0f / (1.0f + exponential(worse));
            for (long c = 0; c < 2; ++c) {
                const Lanes a = first.load(c, at), b = second.load(c, at);
                motion.store(c, at, b + believe_first * (a - b));
            }
        });
        return motion;
    }

    Planes disagreement(const Planes& motion, float t) const {
        const Planes moved_0 = warped(ways_[0].guide, scaled(motion, -t));
        const Planes moved_1 = warped(ways_[1].guide, scaled(motion, 1.0f - t));
        Planes difference(1, h_, w_);
        each([&](long at) { difference.store(0, at, unlike(moved_0, moved_1, at)); });
        return window_mean(difference, kChoiceReach);
    }

    // sign: -1 where the source's own flow leads the other way.
    Planes visibility(const Planes& source, const Planes& to_source, const Planes& motion, float sign) const {
        Planes seen = warped(source, to_source);
        parallel_for(h_, 30 * w_, threads_, [&](long begin, long end) {
            for (long y = begin; y < end; ++y) {
                const long first = y * w_;
                look_along(y, motion.row(0) + first, motion.row(1) + first, to_source.row(0) + first,
                           to_source.row(1) + first, sign, seen.row(0) + first, seen.row(1) + first);
            }
        });
        each([&](long at) { seen.store(0, at, (exponential(seen.load(0, at)) + kHiddenShare) * seen.load(1, at)); });
        return seen;
    }

    // Of a row of the source's flow: how far it differs from the motion, negative, and whether it is inside, 0 or 1.
    void look_along(long y, const float* __restrict motion_x, const float* __restrict motion_y,
                    const float* __restrict to_x, const float* __restrict to_y, float sign, float* __restrict seen_x,
                    float* __restrict seen_y) const {
        const float right = static_cast<float>(w_) - 0.5f, bottom = static_cast<float>(h_) - 0.5f;
        const float row = static_cast<float>(y);
        for (long at = 0; at < w_; ++at) {
            const float dx = seen_x[at] - sign * motion_x[at], dy = seen_y[at] - sign * motion_y[at];
            const float x = static_cast<float>(static_cast<int>(at)) + to_x[at], y_there = row + to_y[at];
            const bool is_inside = (x >= -0.5f) & (x <= right) & (y_there >= -0.5f) & (y_there <= bottom);
            seen_x[at] = -std::sqrt(dx * dx + dy * dy);
            seen_y[at] = is_inside ? 1.0f : 0.0f;
        }
    }

    long h_, w_;
    int threads_;
    Way ways_[2];
};

}  // namespace

void both_ways(const CellMotion& cells, float t, const BlockMotion& out, int threads) {
    const Pair pair(cells, threads);
    pair.write_motion(t, out.flow_0, out.flow_1, out.weight);
}

}  // namespace VFI_LEVEL
}  // namespace vfi
