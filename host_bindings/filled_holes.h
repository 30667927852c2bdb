// Small fields, plane by plane, with means of windows and holes filled.
#pragma once

#include <algorithm>
#include <limits>
#include <memory>
#include <utility>
#include <vector>

#include "lanes.h"
#include "rows.h"

namespace vfi {
namespace {

// Planes of h x w floats, each on a vector of its own, so that loops over whole vectors stay inside.
class Planes {
  public:
    Planes(long c, long h, long w)
        : c_(c), h_(h), w_(w), plane_((h * w + kLanes - 1) / kLanes * kLanes), memory_(new float[c * plane_]) {
        for (long at = 0; at < c; ++at) std::fill(row(at) + h * w, row(at) + plane_, 0.0f);
    }

    static Planes of(const Tensor& tensor) {
        Planes planes(tensor.c(), tensor.h(), tensor.w());
        for (long c = 0; c < tensor.c(); ++c) {
            for (long y = 0; y < tensor.h(); ++y) {
                read_row(tensor, 0, c, y, 0, tensor.w(), planes.row(c) + y * tensor.w());
            }
        }
        return planes;
    }

    void write(const Tensor& to) const {
        for (long c = 0; c < to.c(); ++c) {
            for (long y = 0; y < h_; ++y) write_row(to, 0, c, y, 0, w_, row(c) + y * w_);
        }
    }

    long c() const { return c_; }
    long h() const { return h_; }
    long w() const { return w_; }
    float* row(long c) { return memory_.get() + c * plane_; }
    const float* row(long c) const { return memory_.get() + c * plane_; }
    Lanes load(long c, long at) const { return vfi::load(row(c) + at); }
    void store(long c, long at, const Lanes& value) { vfi::store(row(c) + at, value); }
    Tensor view() const {
        return {const_cast<float*>(memory_.get()), Storage::float32, {1, c_, h_, w_}, {c_ * plane_, plane_, w_, 1}};
    }

  private:
    long c_, h_, w_, plane_;
    std::unique_ptr<float[]> memory_;
};

// The mean of what lies no further than reach away along both axes, inside the plane.
inline Planes window_mean(const Planes& values, long reach) {
    const long h = values.h(), w = values.w();
    Planes means(1, h, w);
    std::vector<float> sums(w + 2 * reach, 0.0f);
    float* sum = sums.data() + reach;
    for (long y = 0; y < h; ++y) {
        const long top = std::max(y - reach, 0L), bottom = std::min(y + reach, h - 1);
        std::fill_n(sum, w, 0.0f);
        for (long row = top; row <= bottom; ++row) {
            const float* from = values.row(0) + row * w;
            for (long x = 0; x < w; ++x) sum[x] += from[x];
        }
        float* to = means.row(0) + y * w;
        for (long x = 0; x < w; ++x) {
            float total = 0.0f;
            for (long at = -reach; at <= reach; ++at) total += sum[x + at];
            const long across = std::min(x + reach, w - 1) - std::max(x - reach, 0L) + 1;
            to[x] = total / static_cast<float>(across * (bottom - top + 1));
        }
    }
    return means;
}

// The mean of each 2 x 2 values, at odd ends of those that there are.
inline Planes halved(const Planes& fine) {
    Planes coarse(fine.c(), (fine.h() + 1) / 2, (fine.w() + 1) / 2);
    for (long c = 0; c < fine.c(); ++c) {
        for (long y = 0; y < coarse.h(); ++y) {
            const float* upper = fine.row(c) + 2 * y * fine.w();
            const float* lower = 2 * y + 1 < fine.h() ? upper + fine.w() : upper;
            float* to = coarse.row(c) + y * coarse.w();
            for (long x = 0; x < coarse.w(); ++x) {
                const long left = 2 * x, right = std::min(left + 1, fine.w() - 1);
                to[x] = 0.25f * ((upper[left] + upper[right]) + (lower[left] + lower[right]));
            }
        }
    }
    return coarse;
}

// Between which two of `from` values each of `to` lies, evenly spread over the same length.
struct Between {
    std::vector<long> first;
    std::vector<float> share;
    Between(long from, long to) : first(to), share(to) {
        const float scale = static_cast<float>(from) / static_cast<float>(to);
        for (long at = 0; at < to; ++at) {
            const float place = std::max((static_cast<float>(at) + 0.5f) * scale - 0.5f, 0.0f);
            first[at] = std::min(static_cast<long>(place), from - 1);
            share[at] = place - static_cast<float>(first[at]);
        }
    }
};

// A row of values from sums of them and of weights; the least weight.
inline float divided(const float* __restrict sum, const float* __restrict weight, long count, float* __restrict to) {
    float least = std::numeric_limits<float>::infinity();
    for (long x = 0; x < count; ++x) {
        const float here = weight[x];
        to[x] = sum[x] / (here > std::numeric_limits<float>::min() ? here : std::numeric_limits<float>::min());
        least = here < least ? here : least;
    }
    return least;
}

// One level of fill_holes: the values of a coarser one where a finer one has no weight.
inline Planes refined(const Planes& coarse, const Planes& fine, float hole) {
    const Between down(coarse.h(), fine.h()), across(coarse.w(), fine.w());
    const long w = fine.w();
    Planes values(2, fine.h(), w);
    std::vector<float> blended(coarse.w() + 1);
    for (long y = 0; y < fine.h(); ++y) {
        const float* weight = fine.row(2) + y * w;
        for (long c = 0; c < 2; ++c) {
            float* to = values.row(c) + y * w;
            if (divided(fine.row(c) + y * w, weight, w, to) >= hole) continue;
            const float* upper = coarse.row(c) + down.first[y] * coarse.w();
            const float* lower = coarse.row(c) + std::min(down.first[y] + 1, coarse.h() - 1) * coarse.w();
            const float share = down.share[y];
            for (long x = 0; x < coarse.w(); ++x) blended[x] = (1.0f - share) * upper[x] + share * lower[x];
            blended[coarse.w()] = blended[coarse.w() - 1];
            for (long x = 0; x < w; ++x) {
                if (weight[x] >= hole) continue;
                const float* pair = blended.data() + across.first[x];
                const float around = (1.0f - across.share[x]) * pair[0] + across.share[x] * pair[1];
                to[x] = around + weight[x] / hole * (to[x] - around);
            }
        }
    }
    return values;
}

// See projection.py's fill_holes: three planes, values times weight and the weight, become two of values.
inline Planes filled_holes(Planes landed) {
    constexpr float hole = 1e-3f;
    std::vector<Planes> levels;
    levels.push_back(std::move(landed));
    while (std::max(levels.back().h(), levels.back().w()) > 1) levels.push_back(halved(levels.back()));
    const Planes& top = levels.back();
    Planes values(2, 1, 1);
    for (long c = 0; c < 2; ++c) {
        values.row(c)[0] = top.row(c)[0] / std::max(top.row(2)[0], std::numeric_limits<float>::min());
    }
    for (long level = static_cast<long>(levels.size()) - 2; level >= 0; --level) {
        values = refined(values, levels[level], hole);
    }
    return values;
}

}  // namespace
}  // namespace vfi
