#include "lanes.h"
#include "levels.h"
#include "parallel.h"
#include "rows.h"

namespace vfi {
namespace VFI_LEVEL {
namespace {

// kLanes output pixels of kRows rows. One vector of b serves all rows that see it, each at another dy, and one of a all
// displacements of a row: 2 * 9 sums in registers to 11 loads.
constexpr long kRows = 2;
constexpr long kWindow = 9;  // displacements in x that are summed at a time; radius 4 needs just these

struct Tile {
    long channels, radius, span, stride;
    Buffer a, b, sums;  // (kRows, C, kLanes), (C, stride), (span, kLanes)

    Tile(long c, long r)
        : channels(c),
          radius(r),
          span(2 * r + 1),
          stride((kLanes + 2 * r + kLanes - 1) / kLanes * kLanes + kLanes),
          a(kRows * c * kLanes),
          b(c * stride),
          sums(kRows * (2 * r + 1 + kWindow) * kLanes) {}

    void read_a(const Tensor& t, long n, long y, long x) {
        const long count = std::min(kLanes, t.w() - x), rows = std::min(kRows, t.h() - y);
        for (long r = 0; r < rows; ++r) {
            for (long c = 0; c < channels; ++c) read_row(t, n, c, y + r, x, count, a + (r * channels + c) * kLanes);
        }
    }

    void read_b(const Tensor& t, long n, long y, long x) {
        for (long c = 0; c < channels; ++c) {
            read_row_zero(t, n, c, y, x - radius, kLanes + 2 * radius, b + c * stride);
        }
    }

    template <int Window>
    void correlate(long dx) {
        Lanes total[kRows][Window] = {};
        for (long c = 0; c < channels; ++c) {
            Lanes left[kRows];
            for (long r = 0; r < kRows; ++r) left[r] = load(a + (r * channels + c) * kLanes);
            for (int k = 0; k < Window; ++k) {
                const Lanes right = load(b + c * stride + dx + k);
                for (long r = 0; r < kRows; ++r) total[r][k] += left[r] * right;
            }
        }
        const float scale = 1.0f / static_cast<float>(channels);
        for (long r = 0; r < kRows; ++r) {
            for (int k = 0; k < Window; ++k) store(sums + (r * span + dx + k) * kLanes, total[r][k] * scale);
        }
    }

    void correlate_all() {
        long dx = 0;
        for (; dx + kWindow <= span; dx += kWindow) correlate<kWindow>(dx);
        for (; dx < span; ++dx) correlate<1>(dx);
    }
};

void correlate_tile(Tile& tile, const Tensor& a, const Tensor& b, const Tensor& out, long n, long y, long x) {
    const long count = std::min(kLanes, a.w() - x), radius = tile.radius;
    tile.read_a(a, n, y, x);
    for (long row = y - radius; row < y + kRows + radius; ++row) {
        tile.read_b(b, n, row, x);
        tile.correlate_all();
        for (long r = 0; r < kRows && y + r < a.h(); ++r) {
            const long dy = row - (y + r);
            if (dy < -radius || dy > radius) continue;
            for (long k = 0; k < tile.span; ++k) {
                const long plane = (dy + radius) * tile.span + k;
                write_row(out, n, plane, y + r, x, count, tile.sums + (r * tile.span + k) * kLanes);
            }
        }
    }
}

}  // namespace

void correlation(const Tensor& a, const Tensor& b, const Tensor& out, long radius, int threads) {
    const long h = a.h(), w = a.w(), groups = (h + kRows - 1) / kRows;
    parallel_for(a.n() * groups, kRows * w * out.c() * a.c() / kLanes, threads, [&](long begin, long end) {
        Tile tile(a.c(), radius);
        for (long group = begin; group < end; ++group) {
            for (long x = 0; x < w; x += kLanes) {
                correlate_tile(tile, a, b, out, group / groups, group % groups * kRows, x);
            }
        }
    });
}

}  // namespace VFI_LEVEL
}  // namespace vfi
