// Pictures as they lie in somebody else's memory: samples of a host's type, rows and planes of any strides. Nothing is
// copied or owned.
#pragma once

#include <cstdint>

namespace vfi {

enum class PixelType { uint8, uint16, float16, float32 };

// Sample (c, y, x) lies at data + c * stride[0] + y * stride[1] + x * stride[2], in bytes, y down. Strides may be
// negative or 0, and samples need not be aligned. Integers stand for [0, 1], floats for themselves.
struct Pixels {
    unsigned char* data;
    PixelType type;
    long size[3];
    long stride[3];

    long c() const { return size[0]; }
    long h() const { return size[1]; }
    long w() const { return size[2]; }
    unsigned char* at(long c, long y, long x) const { return data + c * stride[0] + y * stride[1] + x * stride[2]; }
    long sample_bytes() const { return type == PixelType::uint8 ? 1 : type == PixelType::float32 ? 4 : 2; }
    // Whether the samples of a row's pixels follow one another without a gap.
    bool is_interleaved() const { return stride[0] == sample_bytes() && stride[2] == c() * sample_bytes(); }
};

}  // namespace vfi
