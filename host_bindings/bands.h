// Forward throws, band by band: each band of output rows is summed by one thread, from the source rows that can reach
// it, in reading order. So no two threads write one place, and the bits are the same in every run and for any thread
// count.
#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

#include "parallel.h"
#include "positions.h"

namespace vfi {
namespace {

inline void add_quad(float* at, const Quad& value) {
    const Quad sum = load_quad(at) + value;
    std::memcpy(at, &sum, sizeof sum);
}

// A share of zero adds nothing: 0 * Inf would be NaN.
inline Quad share(float part, const Quad& value) { return part != 0.0f ? part * value : Quad{}; }

// Output rows [begin, end).
struct Band {
    long begin, end;
    long rows() const { return end - begin; }
};

// For every source row the first and the last output row that it can add to.
class Reach {
  public:
    Reach(const Tensor& flow, long n, int threads) : first_(flow.h()), last_(flow.h()) {
        parallel_for(flow.h(), 10 * flow.w(), threads, [&](long begin, long end) {
            std::vector<float> v(flow.w());
            for (long y = begin; y < end; ++y) find(flow, n, y, v);
        });
    }

    bool touches(long y, const Band& band) const { return first_[y] < band.end && last_[y] >= band.begin; }

  private:
    void find(const Tensor& flow, long n, long y, std::vector<float>& v) {
        read_row(flow, n, 1, y, 0, flow.w(), v.data());
        const float h = static_cast<float>(flow.h()), row = static_cast<float>(y);
        float low = h, high = -1.0f;
        for (const float dy : v) {
            const float at = row + dy;
            const bool inside = at > -1.0f && at < h;  // false for NaN
            low = inside && at < low ? at : low;
            high = inside && at > high ? at : high;
        }
        first_[y] = static_cast<long>(std::floor(low));
        last_[y] = static_cast<long>(std::floor(high)) + 1;
        if (low > high) last_[y] = -1;  // nothing of this row lands
    }

    std::vector<long> first_, last_;
};

// Calls body(band) for all rows. A band's accumulator of four floats a pixel stays near 2 MB, within a second-level
// cache, however large the frame is.
template <typename Body>
void for_bands(long h, long w, long cost_a_pixel, int threads, const Body& body) {
    const long rows = std::clamp<long>((2L << 20) / (16 * w), 8, std::max(8L, (h + threads - 1) / threads));
    const long bands = (h + rows - 1) / rows;
    parallel_for(bands, rows * w * cost_a_pixel, threads, [&](long begin, long end) {
        for (long band = begin; band < end; ++band) body(Band{band * rows, std::min((band + 1) * rows, h)});
    });
}

}  // namespace
}  // namespace vfi
