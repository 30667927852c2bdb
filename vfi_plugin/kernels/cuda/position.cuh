// Where a pixel reads from or leads to: the pixel above and left of the position, and the fractions beyond it.
#pragma once

#include "tensor.cuh"

struct Position {
    int left, top;
    float fx, fy;
    bool valid;
};

__device__ inline Position position_at(float px, float py, bool valid) {
    Position p;
    p.valid = valid;
    const float x = valid ? px : 0.0f, y = valid ? py : 0.0f, left = floorf(x), top = floorf(y);
    p.left = static_cast<int>(left), p.top = static_cast<int>(top);
    p.fx = x - left, p.fy = y - top;
    return p;
}

// Where a flow leads from a pixel, held between two others. Its fraction is the flow's own: added to a column of
// thousands first, it would lose digits, and a part of a large frame would read elsewhere than the whole.
__device__ inline void place(float flow, int from, int first, int last, int* whole, float* fraction) {
    const float farthest = 1048576.0f;  // px; no frame is as wide, and int stays safe
    const float steps = fminf(fmaxf(flow, -farthest), farthest), below = floorf(steps), beyond = steps - below;
    const bool rounded_up = beyond >= 1.0f;  // of a flow that is hardly below an integer
    const int pixel = from + static_cast<int>(below) + rounded_up;
    const bool outside = pixel < first || pixel >= last;
    *whole = pixel < first ? first : pixel >= last ? last : pixel;
    *fraction = rounded_up || outside ? 0.0f : beyond;
}

// A sampling position of a backward warp; valid where the flow is finite.
__device__ inline Position position_to_sample(const Tensor& flow, const Place& at, bool zero_border) {
    // Positions further out than this all read the same (the edge, or nothing).
    const int margin = zero_border ? 4 : 0;
    const float u = read_float(flow, at.n, 0, at.y, at.x), v = read_float(flow, at.n, 1, at.y, at.x);
    Position p;
    p.valid = is_finite(u) && is_finite(v);
    place(p.valid ? u : 0.0f, at.x, -margin, flow.width() - 1 + margin, &p.left, &p.fx);
    place(p.valid ? v : 0.0f, at.y, -margin, flow.height() - 1 + margin, &p.top, &p.fy);
    return p;
}

// A destination of a forward warp; valid where at least one of the four pixels around is inside the image.
__device__ inline Position position_to_throw(const Tensor& flow, int n, int y, int x) {
    const float px = x + read_float(flow, n, 0, y, x), py = y + read_float(flow, n, 1, y, x);
    // False for NaN.
    return position_at(px, py, px > -1.0f && px < flow.width() && py > -1.0f && py < flow.height());
}

// A destination that may not leave the image at all; the edge itself counts. (A subnormal flow counts as 0: CuPy
// compiles with -ftz=true.)
__device__ inline Position position_inside(const Tensor& flow, int n, int y, int x) {
    const float px = x + read_float(flow, n, 0, y, x), py = y + read_float(flow, n, 1, y, x);
    return position_at(px, py, px >= 0.0f && px <= flow.width() - 1 && py >= 0.0f && py <= flow.height() - 1);
}
