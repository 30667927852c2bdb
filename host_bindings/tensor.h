// A view of somebody else's four-dimensional memory: numpy's, torch's or a host's. Nothing is copied or owned.
#pragma once

#include <cstdint>

namespace vfi {

enum class Storage { float32, float16 };

// Element (n, c, y, x) lies at data + n * stride[0] + c * stride[1] + y * stride[2] + x * stride[3], in elements.
// Strides may be anything: 0 (a broadcast axis), negative (rows stored bottom-up), 3 or 4 in x (interleaved channels).
struct Tensor {
    void* data;
    Storage storage;
    long size[4];
    long stride[4];

    long n() const { return size[0]; }
    long c() const { return size[1]; }
    long h() const { return size[2]; }
    long w() const { return size[3]; }
    long offset(long n, long c, long y, long x = 0) const {
        return n * stride[0] + c * stride[1] + y * stride[2] + x * stride[3];
    }
    float* floats(long n, long c, long y) const { return static_cast<float*>(data) + offset(n, c, y); }
    std::uint16_t* halves(long n, long c, long y) const { return static_cast<std::uint16_t*>(data) + offset(n, c, y); }
    bool rows_are_floats() const { return storage == Storage::float32 && stride[3] == 1; }
};

// Where in larger images something begins that covers a part of their pixels.
struct Origin {
    long row, column;
};

// Motion of blocks of factor x factor pixels: flows to both frames in pixels of the reduced frame, (N, 2, h, w), and
// the earlier frame's share, (N, 1, h, w); rows of float.
struct BlockMotion {
    Tensor flow_0, flow_1, weight;
    long factor;
};

// What is known of the cells of two guides: their mean luma, (1, 1, H, W), and the flow from each to the other, in
// cells, (1, 2, H, W); rows of float.
struct CellMotion {
    Tensor before, after, forward, backward;
};

}  // namespace vfi
