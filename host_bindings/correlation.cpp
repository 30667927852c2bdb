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

// What a band copies of b stays within a second-level cache where it can.
constexpr long kBandBytes = 1L << 20;

long rounded_up(long count, long multiple) { return (count + multiple - 1) / multiple * multiple; }

// Rows of b as floats with zeros around: borders, strides and storage are dealt with here, a whole row at a time.
struct Band {
    long channels, radius, stride, rows, first = 0;
    Buffer pixels;  // (rows + 2 * radius, C, stride)

    Band(const Tensor& b, long r, long band_rows)
        : channels(b.c()),
          radius(r),
          stride(stride_for(b, r)),
          rows(band_rows),
          pixels((band_rows + 2 * r) * b.c() * stride) {}

    static long stride_for(const Tensor& b, long radius) { return rounded_up(b.w(), kLanes) + 2 * radius + kLanes; }

    void read(const Tensor& b, long n, long y) {
        first = y - radius;
        for (long row = 0; row < rows + 2 * radius; ++row) {
            for (long c = 0; c < channels; ++c) {
                read_row_zero(b, n, c, first + row, -radius, stride, pixels + (row * channels + c) * stride);
            }
        }
    }

    // Channel 0 at row y and displacement -radius of column x; the next channel is a stride on.
    const float* at(long y, long x) const { return pixels + (y - first) * channels * stride + x; }
};

struct Tile {
    long channels, span;
    Buffer a, sums;  // (kRows, C, kLanes), (kRows, span, kLanes)

    Tile(long c, long radius) : channels(c), span(2 * radius + 1), a(kRows * c * kLanes), sums(kRows * span * kLanes) {}

    void read(const Tensor& t, long n, long y, long x) {
        const long count = std::min(kLanes, t.w() - x), rows = std::min(kRows, t.h() - y);
        const bool direct = count == kLanes && t.rows_are_floats();  // a call for 16 floats costs more than they do
        for (long r = 0; r < rows; ++r) {
            for (long c = 0; c < channels; ++c) {
                float* target = a + (r * channels + c) * kLanes;
                if (direct) {
                    store(target, load(t.floats(n, c, y + r) + x));
                } else {
                    read_row(t, n, c, y + r, x, count, target);
                }
            }
        }
    }

    template <int Window>
    void correlate(const float* b, long stride, long dx) {
        Lanes total[kRows][Window] = {};
        for (long c = 0; c < channels; ++c) {
            Lanes left[kRows];
            for (long r = 0; r < kRows; ++r) left[r] = load(a + (r * channels + c) * kLanes);
            for (int k = 0; k < Window; ++k) {
                const Lanes right = load_once(b + c * stride + dx + k);
                for (long r = 0; r < kRows; ++r) total[r][k] += left[r] * right;
            }
        }
        const float scale = 1.0f / static_cast<float>(channels);
        for (long r = 0; r < kRows; ++r) {
            for (int k = 0; k < Window; ++k) store(sums + (r * span + dx + k) * kLanes, total[r][k] * scale);
        }
    }

    void correlate_all(const float* b, long stride) {
        long dx = 0;
        for (; dx + kWindow <= span; dx += kWindow) correlate<kWindow>(b, stride, dx);
        for (; dx < span; ++dx) correlate<1>(b, stride, dx);
    }

    // The sums of row r as all displacements with one dy.
    void write(const Tensor& out, long n, long y, long x, long r, long dy_index) const {
        const long count = std::min(kLanes, out.w() - x);
        const bool direct = count == kLanes && out.rows_are_floats();
        for (long k = 0; k < span; ++k) {
            const float* source = sums + (r * span + k) * kLanes;
            const long plane = dy_index * span + k;
            if (direct) {
                store(out.floats(n, plane, y + r) + x, load(source));
            } else {
                write_row(out, n, plane, y + r, x, count, source);
            }
        }
    }
};

void correlate_tile(Tile& tile, const Band& band, const Tensor& a, const Tensor& out, long n, long y, long x) {
    tile.read(a, n, y, x);
    for (long row = y - band.radius; row < y + kRows + band.radius; ++row) {
        tile.correlate_all(band.at(row, x), band.stride);
        for (long r = 0; r < kRows && y + r < a.h(); ++r) {
            const long dy_index = row - (y + r) + band.radius;
            if (dy_index >= 0 && dy_index < tile.span) tile.write(out, n, y, x, r, dy_index);
        }
    }
}

// At least as many rows as are copied beside them, so that no row of b is copied more than about twice.
long rows_of_band(const Tensor& b, long radius, int threads) {
    const long row_bytes = b.c() * Band::stride_for(b, radius) * static_cast<long>(sizeof(float));
    const long cached = std::max(kBandBytes / row_bytes - 2 * radius, 2 * radius);
    const long share = (b.h() + threads - 1) / threads;
    return rounded_up(std::clamp(cached, 1L, std::max(share, 1L)), kRows);
}

}  // namespace

void correlation(const Tensor& a, const Tensor& b, const Tensor& out, long radius, int threads) {
    const long h = a.h(), w = a.w(), rows = rows_of_band(b, radius, threads), bands = (h + rows - 1) / rows;
    parallel_for(a.n() * bands, rows * w * out.c() * a.c() / kLanes, threads, [&](long begin, long end) {
        Tile tile(a.c(), radius);
        Band band(b, radius, rows);
        for (long each = begin; each < end; ++each) {
            const long n = each / bands, first = each % bands * rows, last = std::min(first + rows, h);
            band.read(b, n, first);
            for (long y = first; y < last; y += kRows) {
                for (long x = 0; x < w; x += kLanes) correlate_tile(tile, band, a, out, n, y, x);
            }
        }
    });
}

}  // namespace VFI_LEVEL
}  // namespace vfi
