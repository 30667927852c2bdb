#include "host_image.h"

#include <atomic>
#include <cmath>
#include <limits>

#include "levels.h"
#include "parallel.h"
#include "rows.h"

namespace vfi {
namespace VFI_LEVEL {
namespace {

// Work goes by blocks of one row: all buffers together stay in a first-level cache of 32 KB, so the picture itself is
// read once and written once, however its channels lie.
constexpr long kBlockSamples = 2048;

long block_pixels(long channels) { return std::max(1L, kBlockSamples / channels); }

constexpr float kLargestHalf = 65504.0f;
constexpr float kFirstToOverflow = 65520.0f;  // halfway to the next power of two: from here on halves round to Inf

template <typename Code>
void floats_of_codes(const Code* codes, long count, float* target) {
    // The same bits as of a division in float, which takes several times as long: so it is for each of the codes.
    constexpr double black_to_white = 1.0 / std::numeric_limits<Code>::max();
    for (long at = 0; at < count; ++at) target[at] = static_cast<float>(codes[at] * black_to_white);
}

// Held inside [0, 1], NaN as 0. Bits of floats above 0 sort as integers do and those below 0 are negative; a compiler
// that must not change what floats do makes vectors of integer comparisons, but branches of these.
inline float held_in_one(float value) {
    constexpr std::int32_t infinity = 0x7f800000, one = 0x3f800000;
    const std::int32_t bits = static_cast<std::int32_t>(bits_of_float(value));
    const std::int32_t not_below = bits & -static_cast<std::int32_t>((bits >= 0) & (bits <= infinity));
    return float_of_bits(static_cast<std::uint32_t>(not_below < one ? not_below : one));
}

// The nearest code. In double the product is exact, so no value near a half is rounded twice.
template <typename Code>
void codes_of_floats(const float* __restrict source, long count, Code* __restrict codes) {
    constexpr double white = std::numeric_limits<Code>::max();
    for (long at = 0; at < count; ++at) {
        const double scaled = static_cast<double>(held_in_one(source[at])) * white;
        codes[at] = static_cast<Code>(static_cast<std::int32_t>(scaled + 0.5));
    }
}

void hold_in_half(float* values, long count) {
    for (long at = 0; at < count; ++at) {
        const float size = std::fabs(values[at]);
        const bool overflows = (size >= kFirstToOverflow) & (size <= std::numeric_limits<float>::max());
        values[at] = overflows ? std::copysign(kLargestHalf, values[at]) : values[at];
    }
}

void decode(const void* samples, PixelType type, long count, float* target) {
    switch (type) {
        case PixelType::uint8:
            return floats_of_codes(static_cast<const std::uint8_t*>(samples), count, target);
        case PixelType::uint16:
            return floats_of_codes(static_cast<const std::uint16_t*>(samples), count, target);
        case PixelType::float16:
            return floats_of_halves(static_cast<const std::uint16_t*>(samples), target, count);
        case PixelType::float32:
            std::memcpy(target, samples, count * sizeof(float));
    }
}

void encode(float* values, PixelType type, long count, void* samples) {
    switch (type) {
        case PixelType::uint8:
            return codes_of_floats(values, count, static_cast<std::uint8_t*>(samples));
        case PixelType::uint16:
            return codes_of_floats(values, count, static_cast<std::uint16_t*>(samples));
        case PixelType::float16:
            hold_in_half(values, count);
            return halves_of_floats(values, static_cast<std::uint16_t*>(samples), count);
        case PixelType::float32:
            std::memcpy(samples, values, count * sizeof(float));
    }
}

long outside_one(const float* values, long count) {
    int found = 0;  // a block is small; int keeps the lanes of the sum as wide as those of the floats
    for (long x = 0; x < count; ++x) found += !((values[x] >= 0.0f) & (values[x] <= 1.0f));
    return found;
}

long beyond_half(const float* values, long count) {
    int found = 0;
    for (long x = 0; x < count; ++x) {
        const float size = std::fabs(values[x]);
        found += (size >= kFirstToOverflow) & (size <= std::numeric_limits<float>::max());
    }
    return found;
}

// Known numbers of channels become vector permutations; planes lie `room` apart, which must be known for that too.
template <long Channels>
void separate(const float* __restrict mixed, long count, float* __restrict planes) {
    constexpr long room = kBlockSamples / Channels;
    for (long x = 0; x < count; ++x) {
        for (long c = 0; c < Channels; ++c) planes[c * room + x] = mixed[x * Channels + c];
    }
}

template <long Channels>
void mix(const float* __restrict planes, long count, float* __restrict mixed) {
    constexpr long room = kBlockSamples / Channels;
    for (long x = 0; x < count; ++x) {
        for (long c = 0; c < Channels; ++c) mixed[x * Channels + c] = planes[c * room + x];
    }
}

// A few pixels of one row as planes of float, and the way in and out of any memory.
class Block {
  public:
    explicit Block(long channels)
        : channels_(channels),
          room_(block_pixels(channels)),
          planes_(channels * room_),
          mixed_(channels * room_),
          raw_(channels * room_) {}

    long room() const { return room_; }
    const float* plane(long c) const { return planes_ + c * room_; }

    void read(const Pixels& source, long y, long x, long count) {
        if (source.is_interleaved() && channels_ > 1) {
            const unsigned char* from = source.at(0, y, x);
            if (source.sample_bytes() > 1) {  // bytes always are aligned
                std::memcpy(samples(), from, count * channels_ * source.sample_bytes());
                from = samples();
            }
            decode(from, source.type, count * channels_, mixed_);
            separate_channels(count);
            return;
        }
        for (long c = 0; c < channels_; ++c) {
            gather(source, c, y, x, count);
            decode(samples(), source.type, count, planes_ + c * room_);
        }
    }

    void write(const Pixels& target, long y, long x, long count) {
        if (target.is_interleaved() && channels_ > 1) {
            mix_channels(count);
            unsigned char* to = target.sample_bytes() > 1 ? samples() : target.at(0, y, x);
            encode(mixed_, target.type, count * channels_, to);
            if (to == samples()) std::memcpy(target.at(0, y, x), to, count * channels_ * target.sample_bytes());
            return;
        }
        for (long c = 0; c < channels_; ++c) {
            encode(planes_ + c * room_, target.type, count, samples());
            scatter(target, c, y, x, count);
        }
    }

    // How many of its values have no counterpart in a type.
    long unrepresentable(PixelType type, long count) const {
        long found = 0;
        for (long c = 0; c < channels_ && type != PixelType::float32; ++c) {
            found += type == PixelType::float16 ? beyond_half(plane(c), count) : outside_one(plane(c), count);
        }
        return found;
    }

  private:
    unsigned char* samples() { return reinterpret_cast<unsigned char*>(static_cast<float*>(raw_)); }

    void gather(const Pixels& source, long c, long y, long x, long count) {
        const long bytes = source.sample_bytes();
        if (source.stride[2] == bytes) {
            std::memcpy(samples(), source.at(c, y, x), count * bytes);
            return;
        }
        for (long at = 0; at < count; ++at) std::memcpy(samples() + at * bytes, source.at(c, y, x + at), bytes);
    }

    void scatter(const Pixels& target, long c, long y, long x, long count) {
        const long bytes = target.sample_bytes();
        if (target.stride[2] == bytes) {
            std::memcpy(target.at(c, y, x), samples(), count * bytes);
            return;
        }
        for (long at = 0; at < count; ++at) std::memcpy(target.at(c, y, x + at), samples() + at * bytes, bytes);
    }

    void separate_channels(long count) {
        if (channels_ == 2) return separate<2>(mixed_, count, planes_);
        if (channels_ == 3) return separate<3>(mixed_, count, planes_);
        if (channels_ == 4) return separate<4>(mixed_, count, planes_);
        for (long c = 0; c < channels_; ++c) {
            for (long x = 0; x < count; ++x) planes_[c * room_ + x] = mixed_[x * channels_ + c];
        }
    }

    void mix_channels(long count) {
        if (channels_ == 2) return mix<2>(planes_, count, mixed_);
        if (channels_ == 3) return mix<3>(planes_, count, mixed_);
        if (channels_ == 4) return mix<4>(planes_, count, mixed_);
        for (long c = 0; c < channels_; ++c) {
            for (long x = 0; x < count; ++x) mixed_[x * channels_ + c] = planes_[c * room_ + x];
        }
    }

    long channels_, room_;
    Buffer planes_, mixed_, raw_;
};

// Calls body(block, y, x, count) for every block after reading it.
template <typename Body>
void for_blocks(const Pixels& source, long begin, long end, const Body& body) {
    Block block(source.c());
    for (long y = begin; y < end; ++y) {
        for (long x = 0; x < source.w(); x += block.room()) {
            const long count = std::min(block.room(), source.w() - x);
            block.read(source, y, x, count);
            body(block, y, x, count);
        }
    }
}

}  // namespace

void convert_pixels(const Pixels& source, const Pixels& target, int threads) {
    parallel_for(source.h(), 4 * source.c() * source.w(), threads, [&](long begin, long end) {
        for_blocks(source, begin, end,
                   [&](Block& block, long y, long x, long count) { block.write(target, y, x, count); });
    });
}

long clip_pixels(const Pixels& source, const Pixels& target, int threads) {
    std::atomic<long> total{0};
    parallel_for(source.h(), 6 * source.c() * source.w(), threads, [&](long begin, long end) {
        long found = 0;
        for_blocks(source, begin, end, [&](Block& block, long y, long x, long count) {
            found += block.unrepresentable(target.type, count);
            block.write(target, y, x, count);
        });
        total += found;
    });
    return total;
}

long count_unrepresentable(const Pixels& source, PixelType type, int threads) {
    if (type == PixelType::float32) return 0;
    std::atomic<long> total{0};
    parallel_for(source.h(), 2 * source.c() * source.w(), threads, [&](long begin, long end) {
        long found = 0;
        for_blocks(source, begin, end,
                   [&](const Block& block, long, long, long count) { found += block.unrepresentable(type, count); });
        total += found;
    });
    return total;
}

}  // namespace VFI_LEVEL
}  // namespace vfi
