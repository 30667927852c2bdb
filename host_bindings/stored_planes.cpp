#include "stored_planes.h"

#include <cstdint>
#include <cstring>
#include <vector>

#include "half.h"
#include "levels.h"

namespace vfi {
namespace VFI_LEVEL {
namespace {

// Sums of factor neighbours, times scale. The compiler unrolls and vectorises the common factors.
template <long fixed>
void shrink_row(const float* row, float* target, long count, long any, float scale) {
    const long factor = fixed ? fixed : any;
    for (long x = 0; x < count; ++x) {
        float sum = row[x * factor];
        for (long k = 1; k < factor; ++k) sum += row[x * factor + k];
        target[x] = sum * scale;
    }
}

void shrink_row(const float* row, float* target, long count, long factor, float scale) {
    switch (factor) {
        case 2:
            return shrink_row<2>(row, target, count, factor, scale);
        case 3:
            return shrink_row<3>(row, target, count, factor, scale);
        case 4:
            return shrink_row<4>(row, target, count, factor, scale);
        case 8:
            return shrink_row<8>(row, target, count, factor, scale);
        default:
            return shrink_row<0>(row, target, count, factor, scale);
    }
}

inline void add_halves(const std::uint16_t* halves, float* sums, long count) {
    long x = 0;
#if defined(__F16C__)
    for (; x + 8 <= count; x += 8) {
        const __m256 more = _mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i*>(halves + x)));
        _mm256_storeu_ps(sums + x, _mm256_add_ps(_mm256_loadu_ps(sums + x), more));
    }
#endif
    for (; x < count; ++x) sums[x] += float_of_half(halves[x]);
}

constexpr std::uint32_t kPrime1 = 0x9e3779b1u, kPrime2 = 0x85ebca77u;
constexpr int kVectors = 4, kRotation = 13;
typedef std::uint32_t Words __attribute__((vector_size(32)));
constexpr long kBlockBytes = kVectors * long(sizeof(Words));

inline void take_in(Words* state, const unsigned char* block) {
    for (int v = 0; v < kVectors; ++v) {
        Words words;
        std::memcpy(&words, block + v * sizeof words, sizeof words);
        const Words sum = state[v] + words * kPrime2;
        state[v] = ((sum << kRotation) | (sum >> (32 - kRotation))) * kPrime1;
    }
}

}  // namespace

void half_block_means(const HalfPlane& plane, long rows, long columns, long factor, float* means) {
    const long width = columns * factor;
    const float scale = 1.0f / static_cast<float>(factor * factor);
    std::vector<float> sums(width);
    for (long y = 0; y < rows; ++y) {
        const std::uint16_t* halves = plane.first + y * factor * plane.stride;
        floats_of_halves(halves, sums.data(), width);
        for (long k = 1; k < factor; ++k) add_halves(halves + k * plane.stride, sums.data(), width);
        shrink_row(sums.data(), means + y * columns, columns, factor, scale);
    }
}

std::uint64_t checksum(const unsigned char* bytes, long count) {
    Words state[kVectors] = {};
    long done = 0;
    for (; done + kBlockBytes <= count; done += kBlockBytes) take_in(state, bytes + done);
    if (done < count) {
        unsigned char last[kBlockBytes] = {};
        std::memcpy(last, bytes + done, count - done);
        take_in(state, last);
    }
    std::uint64_t sum = static_cast<std::uint64_t>(count);
    for (const Words& words : state) {
        for (unsigned lane = 0; lane < sizeof words / sizeof words[0]; ++lane) {
            sum = (sum ^ words[lane]) * 0x9e3779b97f4a7c15u;
            sum ^= sum >> 29;
        }
    }
    return sum;
}

}  // namespace VFI_LEVEL
}  // namespace vfi
