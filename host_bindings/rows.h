// Rows of a tensor in and out of float buffers, whatever the storage and the strides.
#pragma once

#include <algorithm>
#include <cstring>
#include <vector>

#include "half.h"
#include "tensor.h"

namespace vfi {
namespace {

// A float buffer on a cache line: a vector load that straddles two lines costs two.
class Buffer {
  public:
    explicit Buffer(long count) : memory_(count + 16, 0.0f) {
        const auto address = reinterpret_cast<std::uintptr_t>(memory_.data());
        data_ = memory_.data() + ((64 - address % 64) % 64) / sizeof(float);
    }
    Buffer(const Buffer&) = delete;
    Buffer& operator=(const Buffer&) = delete;
    operator float*() { return data_; }
    operator const float*() const { return data_; }
    void clear() { std::fill(memory_.begin(), memory_.end(), 0.0f); }

  private:
    std::vector<float> memory_;
    float* data_;
};

// target[0 .. count) = t[n, c, y, x .. x + count)
inline void read_row(const Tensor& t, long n, long c, long y, long x, long count, float* target) {
    const long step = t.stride[3];
    if (t.storage == Storage::float32) {
        const float* source = t.floats(n, c, y) + x * step;
        if (step == 1) {
            std::memcpy(target, source, count * sizeof(float));
        } else {
            for (long at = 0; at < count; ++at) target[at] = source[at * step];
        }
        return;
    }
    const std::uint16_t* source = t.halves(n, c, y) + x * step;
    if (step == 1) {
        floats_of_halves(source, target, count);
    } else {
        for (long at = 0; at < count; ++at) target[at] = float_of_half(source[at * step]);
    }
}

// The same with x from below 0 to beyond w: the edge pixels go on.
inline void read_row_clamped(const Tensor& t, long n, long c, long y, long x, long count, float* target) {
    const long row = std::clamp(y, 0L, t.h() - 1);
    const long first = std::clamp(x, 0L, t.w() - 1), last = std::clamp(x + count - 1, 0L, t.w() - 1);
    const long before = std::clamp(first - x, 0L, count - 1), inside = last - first + 1;
    read_row(t, n, c, row, first, inside, target + before);
    std::fill(target, target + before, target[before]);
    std::fill(target + before + inside, target + count, target[before + inside - 1]);
}

// The same with zeros outside, above and below too.
inline void read_row_zero(const Tensor& t, long n, long c, long y, long x, long count, float* target) {
    std::fill(target, target + count, 0.0f);
    const long first = std::max(x, 0L), last = std::min(x + count, t.w());
    if (y < 0 || y >= t.h() || first >= last) return;
    read_row(t, n, c, y, first, last - first, target + (first - x));
}

// t[n, c, y, x .. x + count) = source[0 .. count)
inline void write_row(const Tensor& t, long n, long c, long y, long x, long count, const float* source) {
    const long step = t.stride[3];
    if (t.storage == Storage::float32) {
        float* target = t.floats(n, c, y) + x * step;
        for (long at = 0; at < count; ++at) target[at * step] = source[at];
        return;
    }
    std::uint16_t* target = t.halves(n, c, y) + x * step;
    if (step == 1) {
        halves_of_floats(source, target, count);
    } else {
        for (long at = 0; at < count; ++at) target[at * step] = half_of_float(source[at]);
    }
}

// A plane that is added up: in the target's own memory where that is plain floats, else in a buffer. A buffer of this
// size for every thread is what makes gradients of large frames run out of memory.
class PlaneSum {
  public:
    PlaneSum(const Tensor& target, long n, long c)
        : target_(target),
          n_(n),
          c_(c),
          is_plain_(target.rows_are_floats() && target.stride[2] == target.w()),
          buffer_(is_plain_ ? 0 : target.h() * target.w()),
          sums_(is_plain_ ? target.floats(n, c, 0) : static_cast<float*>(buffer_)) {
        std::fill_n(sums_, target.h() * target.w(), 0.0f);
    }
    float* row(long y) { return sums_ + y * target_.w(); }
    void finish() {
        for (long y = 0; !is_plain_ && y < target_.h(); ++y) write_row(target_, n_, c_, y, 0, target_.w(), row(y));
    }

  private:
    const Tensor& target_;
    long n_, c_;
    bool is_plain_;
    Buffer buffer_;
    float* sums_;
};

}  // namespace
}  // namespace vfi
