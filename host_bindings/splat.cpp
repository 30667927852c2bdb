#include "bands.h"
#include "lanes.h"
#include "levels.h"
#include "parallel.h"
#include "positions.h"

namespace vfi {
namespace VFI_LEVEL {
namespace {

// What one call splats: channels in groups of four; a mean carries its weight as the last channel of every group.
struct Job {
    const Tensor& image;
    const Tensor& flow;
    const Tensor* weight;  // null: a plain sum
    const Tensor& out;
    bool exponential;
    float epsilon;

    long group_channels() const { return weight ? 3 : 4; }
};

// The rows of a group's channels and of the weight, ready to be thrown.
struct Lines {
    Buffer values, weight;
    long w;

    explicit Lines(long width) : values(4 * width), weight(width + kLanes), w(width) {}

    // values: (w, 4), channels beyond the image's are 0.
    void read(const Job& job, long n, long first, long y, float* row) {
        values.clear();
        if (job.weight) read_weight(job, n, y);
        const long channels = std::min(job.group_channels(), job.image.c() - first);
        for (long c = 0; c < channels; ++c) {
            read_row(job.image, n, first + c, y, 0, w, row);
            for (long x = 0; x < w; ++x) values[4 * x + c] = job.weight ? row[x] * weight[x] : row[x];
        }
        for (long x = 0; job.weight && x < w; ++x) values[4 * x + 3] = weight[x];
    }

  private:
    void read_weight(const Job& job, long n, long y) {
        read_row(*job.weight, n, 0, y, 0, w, weight);
        for (long x = 0; job.exponential && x < w; x += kLanes) store(weight + x, exponential(load(weight + x)));
    }
};

// Adds row y of a group to the band's accumulator (rows, w, 4).
void throw_row(const Positions& p, const float* values, const Band& band, long w, float* total) {
    for (long x = 0; x < w; ++x) {
        if (!p.valid[x]) continue;
        const Quad value = load_quad(values + 4 * x);
        const long left = p.left[x], row = p.top[x] - band.begin;
        const float fx = p.fx[x], gx = 1.0f - fx, fy = p.fy[x], gy = 1.0f - fy;
        const bool has_left = left >= 0, has_right = left + 1 < w;
        float* target = total + 4 * (row * w + left);
        if (row >= 0 && row < band.rows()) {
            if (has_left) add_quad(target, share(gy * gx, value));
            if (has_right) add_quad(target + 4, share(gy * fx, value));
        }
        if (row + 1 >= 0 && row + 1 < band.rows()) {
            if (has_left) add_quad(target + 4 * w, share(fy * gx, value));
            if (has_right) add_quad(target + 4 * w + 4, share(fy * fx, value));
        }
    }
}

void write_band(const Job& job, long n, long first, const Band& band, const float* total, float* row) {
    const long w = job.image.w(), channels = std::min(job.group_channels(), job.image.c() - first);
    for (long y = band.begin; y < band.end; ++y, total += 4 * w) {
        for (long c = 0; c < channels; ++c) {
            for (long x = 0; x < w; ++x) {
                const float sum = total[4 * x + c];
                row[x] = job.weight ? sum / (total[4 * x + 3] + job.epsilon) : sum;
            }
            write_row(job.out, n, first + c, y, 0, w, row);
        }
    }
}

void splat_band(const Job& job, const Reach& reach, long n, const Band& band) {
    const long w = job.image.w();
    Buffer total(4 * band.rows() * w), row(w);
    Positions positions(w);
    Lines lines(w);
    for (long first = 0; first < job.image.c(); first += job.group_channels()) {
        total.clear();
        for (long y = 0; y < job.image.h(); ++y) {
            if (!reach.touches(y, band)) continue;
            positions.to_throw(job.flow, n, y);
            lines.read(job, n, first, y, row);
            throw_row(positions, lines.values, band, w, total);
        }
        write_band(job, n, first, band, total, row);
    }
}

void splat(const Job& job, int threads) {
    for (long n = 0; n < job.image.n(); ++n) {
        const Reach reach(job.flow, n, threads);
        for_bands(job.image.h(), job.image.w(), 10 * job.image.c(), threads,
                  [&](const Band& band) { splat_band(job, reach, n, band); });
    }
}

}  // namespace

void splat_sum(const Tensor& image, const Tensor& flow, const Tensor& out, int threads) {
    splat({image, flow, nullptr, out, false, 0.0f}, threads);
}

void splat_mean(const Tensor& image, const Tensor& flow, const Tensor& weight, const Tensor& out, bool exponential,
                float epsilon, int threads) {
    splat({image, flow, &weight, out, exponential, epsilon}, threads);
}

}  // namespace VFI_LEVEL
}  // namespace vfi
