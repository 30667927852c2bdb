#include "cryptomatte.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "parallel.h"

namespace vfi {
namespace {

struct Entry {
    std::uint32_t id;
    float coverage;
};

using Entries = std::vector<Entry>;

void add(Entries& entries, std::uint32_t id, float coverage) {
    for (Entry& entry : entries) {
        if (entry.id == id) {
            entry.coverage += coverage;
            return;
        }
    }
    entries.push_back({id, coverage});
}

void add_pixel(Entries& entries, const CryptoSource& source, long at, float weight, const CryptoShape& s) {
    // -0.0 as an id means "empty" just as 0.0 does.
    constexpr std::uint32_t negative_zero = 0x80000000u;
    if (!(weight > 0.0f)) return;
    for (long rank = 0; rank < s.ranks; ++rank) {
        const long entry = rank * s.h * s.w + at;
        const std::uint32_t id = source.ids[entry];
        const float share = weight * source.coverage[entry];
        if (id != 0 && id != negative_zero && share > 0.0f) add(entries, id, share);
    }
}

void add_source(Entries& entries, const CryptoSource& source, long y, long x, float weight, const CryptoShape& s) {
    const long at = y * s.w + x;
    float px = static_cast<float>(x) + source.flow[at], py = static_cast<float>(y) + source.flow[s.h * s.w + at];
    if (!std::isfinite(px) || !std::isfinite(py)) return;
    px = std::clamp(px, 0.0f, static_cast<float>(s.w - 1));
    py = std::clamp(py, 0.0f, static_cast<float>(s.h - 1));
    const long left = static_cast<long>(px), top = static_cast<long>(py);
    const float fx = px - static_cast<float>(left), fy = py - static_cast<float>(top);
    const long right = std::min(left + 1, s.w - 1), bottom = std::min(top + 1, s.h - 1);
    add_pixel(entries, source, top * s.w + left, weight * (1.0f - fy) * (1.0f - fx), s);
    add_pixel(entries, source, top * s.w + right, weight * (1.0f - fy) * fx, s);
    add_pixel(entries, source, bottom * s.w + left, weight * fy * (1.0f - fx), s);
    add_pixel(entries, source, bottom * s.w + right, weight * fy * fx, s);
}

bool goes_before(const Entry& a, const Entry& b) {
    return a.coverage != b.coverage ? a.coverage > b.coverage : a.id < b.id;
}

}  // namespace

void resample_ranked(const CryptoSource& first, const CryptoSource& second, const float* weight_0,
                     std::uint32_t* out_ids, float* out_coverage, const CryptoShape& s, int threads) {
    parallel_for(s.h, 200 * s.w, threads, [&](long begin, long end) {
        Entries entries;
        for (long y = begin; y < end; ++y) {
            for (long x = 0; x < s.w; ++x) {
                const long at = y * s.w + x;
                entries.clear();
                add_source(entries, first, y, x, weight_0[at], s);
                add_source(entries, second, y, x, 1.0f - weight_0[at], s);
                std::sort(entries.begin(), entries.end(), goes_before);
                for (long rank = 0; rank < s.ranks; ++rank) {
                    const bool there = rank < static_cast<long>(entries.size());
                    out_ids[rank * s.h * s.w + at] = there ? entries[rank].id : 0u;
                    out_coverage[rank * s.h * s.w + at] = there ? entries[rank].coverage : 0.0f;
                }
            }
        }
    });
}

}  // namespace vfi
