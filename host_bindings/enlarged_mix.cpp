// Two frames moved and mixed by flows of blocks, which are enlarged row by row: no field of the frame's own size is
// ever in memory.
#include <cmath>

#include "cubic_window.h"
#include "levels.h"
#include "parallel.h"
#include "rows.h"

namespace vfi {
namespace VFI_LEVEL {
namespace {

// What there is of each block: both flows, x then y, and the earlier frame's share.
constexpr int kFields = 5;

// Fields of blocks of factor x factor pixels, a row of pixels at a time, bilinear between the blocks' centres.
class Enlarged {
  public:
    Enlarged(const BlockMotion& motion, long width)
        : motion_(motion),
          factor_(motion.factor),
          across_(motion.weight.w()),
          blocks_(across_ + 2),
          pixels_((width + factor_ + 2 * kWide) / kWide * kWide),
          rows_(kFields * pixels_),
          blended_(blocks_) {}

    void read(long n, long y) {
        const Place place = placed(y, motion_.weight.h());
        for (int field = 0; field < kFields; ++field) {
            const bool is_flow = field < 4;
            const Tensor& of = field < 2 ? motion_.flow_0 : is_flow ? motion_.flow_1 : motion_.weight;
            const long c = is_flow ? field % 2 : 0;
            blend(of.floats(n, c, place.first), of.floats(n, c, place.second), place.share,
                  is_flow ? static_cast<float>(factor_) : 1.0f);
            spread(rows_ + field * pixels_);
        }
    }

    Wide at(int field, long x) const { return load_wide(rows_ + field * pixels_ + x); }

  private:
    // The two blocks that a row of pixels lies between, and the second one's share.
    struct Place {
        long first, second;
        float share;
    };

    Place placed(long y, long blocks) const {
        const float place = std::max((static_cast<float>(y) + 0.5f) / static_cast<float>(factor_) - 0.5f, 0.0f);
        const long first = std::min(static_cast<long>(place), blocks - 1);
        return {first, std::min(first + 1, blocks - 1), place - static_cast<float>(first)};
    }

    void blend(const float* __restrict upper, const float* __restrict lower, float share, float scale) {
        float* __restrict to = blended_ + 1;
        for (long x = 0; x < across_; ++x) to[x] = ((1.0f - share) * upper[x] + share * lower[x]) * scale;
        to[-1] = to[0], to[across_] = to[across_ - 1];
    }

    // Half of a block's pixels lie between it and the block to the left, half between it and the one to the right.
    void spread(float* to) const {
        if (factor_ == 4) return spread_by<4>(to);
        if (factor_ == 8) return spread_by<8>(to);
        for (long x = 0; x < across_ * factor_; ++x) {
            const long block = x / factor_, within = x % factor_, first = block + (2 * within >= factor_);
            const float share = share_of(within, factor_);
            to[x] = (1.0f - share) * blended_[first] + share * blended_[first + 1];
        }
    }

    template <int kFactor>
    void spread_by(float* __restrict to) const {
        const float* __restrict from = blended_;
        for (long block = 0; block < across_; ++block) {
            for (int within = 0; within < kFactor; ++within) {
                const float share = share_of(within, kFactor);
                const float* pair = from + block + (2 * within >= kFactor);
                to[block * kFactor + within] = (1.0f - share) * pair[0] + share * pair[1];
            }
        }
    }

    static constexpr float share_of(long within, long factor) {
        const float place = (static_cast<float>(within) + 0.5f) / static_cast<float>(factor) - 0.5f;
        return place < 0.0f ? place + 1.0f : place;
    }

    const BlockMotion& motion_;
    long factor_, across_, blocks_, pixels_;
    Buffer rows_, blended_;
};

// Pixels of all channels, read at one place.
class Moved {
  public:
    // Pixels from column x on, in row y, by a flow.
    Moved(const Tensor& image, long x, const Wide& u, long y, const Wide& v)
        : image_(image), places_(x, u, y, v, image), window_(places_) {
        is_close_ = window_.find(places_, image);
    }

    template <typename Store>
    void each_channel(long n, const Store& to) const {
        if (is_close_) return window_.each_channel(image_, n, to);
        const CubicScattered scattered(places_, image_);
        for (long c = 0; c < image_.c(); ++c) to(c, scattered.value(image_.floats(n, c, 0)));
    }

  private:
    const Tensor& image_;
    CubicPlaces places_;
    CubicWindow window_;
    bool is_close_;
};

// Like torch's lerp: exact at both ends. A frame without a share adds nothing, not even Inf or NaN.
inline Wide mixed(const Wide& first, const Wide& second, const Wide& share) {
    const Wide difference = first - second;
    const Wide both = share < 0.5f ? second + share * difference : first - difference * (1.0f - share);
    const Wide with_second = share <= 0.0f ? second : both;
    return share >= 1.0f ? first : with_second;
}

struct Job {
    const Tensor &image_0, &image_1, &out;

    void mix_row(long n, long y, const Enlarged& fields, float* parts) const {
        const long whole = out.w() / kWide * kWide;
        for (long x = 0; x < whole; x += kWide) {
            mix_block(n, y, x, fields, parts,
                      [&](long c, const Wide& value) { store_wide(out.floats(n, c, y) + x, value); });
        }
        if (whole == out.w()) return;
        mix_block(n, y, whole, fields, parts, [&](long c, const Wide& value) {
            std::memcpy(out.floats(n, c, y) + whole, &value, (out.w() - whole) * sizeof(float));
        });
    }

  private:
    template <typename Store>
    void mix_block(long n, long y, long x, const Enlarged& fields, float* parts, const Store& to) const {
        const Moved first(image_0, x, fields.at(0, x), y, fields.at(1, x));
        first.each_channel(n, [&](long c, const Wide& value) { store_wide(parts + c * kWide, value); });
        const Moved second(image_1, x, fields.at(2, x), y, fields.at(3, x));
        const Wide share = fields.at(4, x);
        second.each_channel(
            n, [&](long c, const Wide& value) { to(c, mixed(load_wide(parts + c * kWide), value, share)); });
    }
};

}  // namespace

void enlarged_mix(const Tensor& image_0, const Tensor& image_1, const BlockMotion& motion, const Tensor& out,
                  int threads) {
    const Job job{image_0, image_1, out};
    const long h = out.h();
    parallel_for(out.n() * h, 40 * out.w() * out.c(), threads, [&](long begin, long end) {
        Enlarged fields(motion, out.w());
        Buffer parts(out.c() * kWide);
        for (long line = begin; line < end; ++line) {
            fields.read(line / h, line % h);
            job.mix_row(line / h, line % h, fields, parts);
        }
    });
}

}  // namespace VFI_LEVEL
}  // namespace vfi
