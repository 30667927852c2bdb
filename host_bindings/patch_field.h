// What is known of patches, and the flow of cells that comes of it.
#pragma once

#include <cmath>

#include "patch.h"

namespace vfi {
namespace {

// Flow of cells.
struct Field {
    Field(long rows, long columns) : down(rows), across(columns), motion(rows * columns) {}
    long down, across;
    std::vector<Vector> motion;
    Vector& at(long row, long column) { return motion[row * across + column]; }
    const Vector& at(long row, long column) const { return motion[row * across + column]; }
};

// What is known of a patch: its motion, how well it fits, and how much it counts. As one vector of four.
struct Known {
    float x, y, cost, trust;
    Vector motion() const { return {x, y}; }
};

// The motion of cells: the mean of the patches over each, by how well they fit. What is known is weighed by that.
inline Field spread(std::vector<Known>& known, long down, long across, long cells_down, long cells_across) {
    for (Known& each : known) {
        const float off = each.cost / (kPixels * kSquare);
        each.trust = 1.0f / (1.0f + std::sqrt(off > 0.0f ? off : 0.0f));
        each.x *= each.trust, each.y *= each.trust;
    }
    Field cells(cells_down, cells_across);
    for (long row = 0; row < cells_down; ++row) {
        const Known* upper = &known[std::max(row - 1, 0L) * across];
        const Known* lower = &known[std::min(row, down - 1) * across];
        for (long column = 0; column < cells_across; ++column) {
            const long left = std::max(column - 1, 0L), right = std::min(column, across - 1);
            const Quad sum = (load_quad(&upper[left].x) + load_quad(&upper[right].x)) +
                             (load_quad(&lower[left].x) + load_quad(&lower[right].x));
            cells.at(row, column) = {sum[0] / sum[3], sum[1] / sum[3]};
        }
    }
    return cells;
}

}  // namespace
}  // namespace vfi
