#include "lanes.h"
#include "levels.h"
#include "parallel.h"
#include "rows.h"

namespace vfi {
namespace VFI_LEVEL {
namespace {

// A tile is kWidth x kRows output pixels. Each input vector is loaded once for the kRows rows that use it and each
// kernel vector once for the channels, so that an inner step is kRows * C multiply-adds to kRows + C loads: bound by
// arithmetic. kRows * 3 sums and the vectors in flight fill the registers: 32 with AVX-512 (and NEON, where a vector
// takes four, spills to L1), 16 of half the size before.
constexpr long kWidth = 64;
#if defined(__AVX512F__)
constexpr long kRows = 4;
#else
constexpr long kRows = 2;
#endif
constexpr long kBlocks = kWidth / kLanes;
constexpr long kMostChannels = 3;

// Copies of what a tile reads, as floats and in the order in which they are read: strides, storage and the ends of rows
// are dealt with here, and the kernels' planes, which lie megabytes apart, are touched once.
struct Tile {
    long taps, channels, stride;
    Buffer image, vertical, horizontal, out;  // (taps + kRows - 1, C, stride), 2 x (kBlocks, taps, kRows, kLanes)

    Tile(long k, long c)
        : taps(k),
          channels(c),
          stride((kWidth + k - 1 + kLanes) / kLanes * kLanes),
          image((k + kRows - 1) * c * stride),
          vertical(kWidth * k * kRows),
          horizontal(kWidth * k * kRows),
          out(kRows * kMostChannels * kWidth) {}

    void read_image(const Tensor& t, long n, long first_channel, long y, long x) {
        const long count = std::min(kWidth + taps - 1, t.w() - x);
        for (long row = 0; row < taps + kRows - 1; ++row) {
            for (long c = 0; c < channels; ++c) {
                float* target = image + (row * channels + c) * stride;
                if (y + row < t.h()) read_row(t, n, first_channel + c, y + row, x, count, target);
            }
        }
    }

    static void read_kernels(const Tensor& t, long n, long y, long x, long taps, float* target) {
        const long count = std::min(kWidth, t.w() - x), rows = std::min(kRows, t.h() - y);
        float row[kWidth] = {};
        for (long k = 0; k < taps; ++k) {
            for (long r = 0; r < rows; ++r) {
                read_row(t, n, k, y + r, x, count, row);
                for (long block = 0; block < kBlocks; ++block) {
                    store(target + ((block * taps + k) * kRows + r) * kLanes, load(row + block * kLanes));
                }
            }
        }
    }

    void write(const Tensor& t, long n, long first_channel, long y, long x) {
        const long count = std::min(kWidth, t.w() - x), rows = std::min(kRows, t.h() - y);
        for (long r = 0; r < rows; ++r) {
            for (long c = 0; c < channels; ++c) {
                write_row(t, n, first_channel + c, y + r, x, count, out + (r * kMostChannels + c) * kWidth);
            }
        }
    }
};

// One input row under the horizontal kernels of the tile's rows.
template <int C>
inline void across(const float* row, long stride, const float* horizontal, long taps, Lanes (&sums)[kRows][C]) {
    for (auto& line : sums) {
        for (Lanes& sum : line) sum = Lanes{};
    }
    for (long j = 0; j < taps; ++j, horizontal += kRows * kLanes) {
        Lanes pixels[C];
        for (int c = 0; c < C; ++c) pixels[c] = load_once(row + c * stride + j);
        for (int r = 0; r < kRows; ++r) {
            const Lanes weight = load_once(horizontal + r * kLanes);
            for (int c = 0; c < C; ++c) sums[r][c] += weight * pixels[c];
        }
    }
}

template <int C>
void convolve_block(Tile& tile, long block) {
    Lanes total[kRows][C] = {};
    const float* horizontal = tile.horizontal + block * tile.taps * kRows * kLanes;
    const float* vertical = tile.vertical + block * tile.taps * kRows * kLanes;
    for (long row = 0; row < tile.taps + kRows - 1; ++row) {
        Lanes sums[kRows][C];
        across<C>(tile.image + row * C * tile.stride + block * kLanes, tile.stride, horizontal, tile.taps, sums);
        for (long r = 0; r < kRows; ++r) {
            const long i = row - r;  // the tap of output row r that this input row is under
            if (i < 0 || i >= tile.taps) continue;
            const Lanes weight = load(vertical + (i * kRows + r) * kLanes);
            for (int c = 0; c < C; ++c) total[r][c] += weight * sums[r][c];
        }
    }
    for (long r = 0; r < kRows; ++r) {
        for (int c = 0; c < C; ++c) store(tile.out + (r * kMostChannels + c) * kWidth + block * kLanes, total[r][c]);
    }
}

void convolve(Tile& tile, long columns) {
    for (long block = 0; block * kLanes < columns; ++block) {
        if (tile.channels == 1) convolve_block<1>(tile, block);
        if (tile.channels == 2) convolve_block<2>(tile, block);
        if (tile.channels == 3) convolve_block<3>(tile, block);
    }
}

}  // namespace

void separable_conv(const Tensor& image, const Tensor& vertical, const Tensor& horizontal, const Tensor& out,
                    int threads) {
    const long taps = vertical.c(), h = out.h(), w = out.w(), groups = (h + kRows - 1) / kRows;
    for (long first = 0; first < out.c(); first += kMostChannels) {
        const long channels = std::min(kMostChannels, out.c() - first);
        parallel_for(out.n() * groups, kRows * w * taps * taps * channels / kLanes, threads, [&](long begin, long end) {
            Tile tile(taps, channels);
            for (long group = begin; group < end; ++group) {
                const long n = group / groups, y = group % groups * kRows;
                for (long x = 0; x < w; x += kWidth) {
                    tile.read_image(image, n, first, y, x);
                    Tile::read_kernels(vertical, n, y, x, taps, tile.vertical);
                    Tile::read_kernels(horizontal, n, y, x, taps, tile.horizontal);
                    convolve(tile, std::min(kWidth, w - x));
                    tile.write(out, n, first, y, x);
                }
            }
        });
    }
}

}  // namespace VFI_LEVEL
}  // namespace vfi
