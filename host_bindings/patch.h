// One patch of 8 x 8 px, and how it differs from what lies at another place.
#pragma once

#include "patch_planes.h"

namespace vfi {
namespace {

constexpr long kPatch = 8;
constexpr float kPixels = kPatch * kPatch;
constexpr float kSquare = kScale * kScale;
constexpr float kFlat = 64.0f * kSquare * kSquare;  // determinant of a patch without texture, in codes a pixel

struct Vector {
    float x, y;
};

// Where the corner of a patch lies in another plane: a whole pixel, and fractions of 32767 parts to the right and down.
struct Place {
    int left, top, fx, fy;
};

// No further outside than a patch; what is no number counts as outside.
inline Place placed(float y, float x, const Plane& other) {
    const Quad place = {x, y}, first = Quad{} - static_cast<float>(kPatch);
    const Quad last = {static_cast<float>(other.w()), static_cast<float>(other.h())};
    const Quad near = place > first ? place : first, inside = near < last ? near : last;
    IntQuad whole = __builtin_convertvector(inside, IntQuad);
    whole += __builtin_convertvector(whole, Quad) > inside;  // rounded toward zero; true is -1
    const Quad fraction = (inside - __builtin_convertvector(whole, Quad)) * 32767.0f;
    const IntQuad parts = __builtin_convertvector(fraction, IntQuad);
    return {whole[0], whole[1], parts[0], parts[1]};
}

// The sums over a patch of what it differs by, of its square, and of its products with both gradients.
typedef IntQuad Sums;

struct Patch {
    static constexpr long kParts = kPatch / kRowsAtOnce;
    Codes value[kParts], dx[kParts], dy[kParts];

    void read(const Plane& image, const Gradients& gradients, long y, long x) {
        for (long part = 0; part < kParts; ++part) {
            const long row = y + part * kRowsAtOnce;
            value[part] = load_rows(image.at(row, x), image.stride());
            dx[part] = load_rows(gradients.x.at(row, x), image.stride());
            dy[part] = load_rows(gradients.y.at(row, x), image.stride());
        }
    }

    Sums differing(const Plane& other, const Place& place) const {
        const long stride = other.stride();
        const Code* at = other.at(place.top, place.left);
        const Codes fx = broadcast_code(place.fx), fy = broadcast_code(place.fy), one = broadcast_code(1);
        const auto across = [&](const Codes& here, const Codes& right) { return here + part_of(right - here, fx); };
        Codes rows = across(load_rows(at, stride), load_rows(at + 1, stride));
        Ints sum{}, squares{}, along_x{}, along_y{};
        for (long part = 0; part < kParts; ++part) {
            at += kRowsAtOnce * stride;
            const bool is_last = part + 1 == kParts;
            const Codes next = is_last ? across(one_row(at), one_row(at + 1))
                                       : across(load_rows(at, stride), load_rows(at + 1, stride));
            const Codes difference = rows + part_of(a_row_below(rows, next) - rows, fy) - value[part];
            sum += pair_products(difference, one), squares += pair_products(difference, difference);
            along_x += pair_products(difference, dx[part]), along_y += pair_products(difference, dy[part]);
            rows = next;
        }
        return sums(sum, squares, along_x, along_y);
    }
};

// How unlike a patch is to what lies at a place, its mean left out, and how that falls along x and y.
struct Fit {
    float cost, fall_x, fall_y;
};

// What the gradients of a patch tell: their sums, and the inverse of the matrix of their products.
struct Slope {
    float sum_x, sum_y, xx, xy, yy;

    Fit fit(float sum, float squares, float along_x, float along_y) const {
        const float mean = sum / kPixels;
        return {squares - mean * sum, along_x - mean * sum_x, along_y - mean * sum_y};
    }

    // Of an inverse search: how far the place is to go back.
    Vector step(const Fit& fit) const { return {xx * fit.fall_x + xy * fit.fall_y, xy * fit.fall_x + yy * fit.fall_y}; }
};

// Sums over the rows of cells, of both gradients and of their products xx, xy and yy, a pair of pixels each. The last
// few rows that were asked for are kept: patches overlap.
class CellSums {
  public:
    static constexpr int kSums = 5;
    typedef std::vector<int> Row[kSums];

    CellSums(const Gradients& gradients, long cells) : gradients_(gradients), pairs_(2 * cells) {
        for (Kept& kept : kept_) {
            for (std::vector<int>& each : kept.sums) each.resize(pairs_ + kCodes);
        }
    }

    const Row& of(long row) {
        Kept& kept = kept_[row % kKept];
        if (kept.row != row) {
            kept.row = row;
            for (long pair = 0; pair < pairs_; pair += kCodes / 2) add(row, pair, kept.sums);
        }
        return kept.sums;
    }

  private:
    static constexpr long kKept = 4;
    struct Kept {
        long row = -1;
        Row sums;
    };

    // Four rows of a register of pixels.
    void add(long row, long pair, Row& sums) const {
        const Codes one = broadcast_code(1);
        Ints total[kSums] = {};
        for (long y = kCell * row; y < kCell * (row + 1); ++y) {
            const Codes dx = load_codes(gradients_.x.at(y, 2 * pair)), dy = load_codes(gradients_.y.at(y, 2 * pair));
            total[0] += pair_products(dx, one), total[1] += pair_products(dy, one);
            total[2] += pair_products(dx, dx), total[3] += pair_products(dx, dy), total[4] += pair_products(dy, dy);
        }
        for (int each = 0; each < kSums; ++each) std::memcpy(&sums[each][pair], &total[each], sizeof total[each]);
    }

    const Gradients& gradients_;
    long pairs_;
    Kept kept_[kKept];
};

// The slopes of a row of patches.
class Slopes {
  public:
    explicit Slopes(long patches) : patches_(patches) {
        for (std::vector<float>& each : of_) each.resize(patches);
    }

    // Of the patches that begin in a row of cells.
    void find(CellSums& cells, long row) {
        const CellSums::Row &upper = cells.of(row), &lower = cells.of(row + 1);
        for (int each = 0; each < CellSums::kSums; ++each) {
            join(upper[each].data(), lower[each].data(), of_[each].data());
        }
        invert(of_[0].data(), of_[1].data(), of_[2].data(), of_[3].data(), of_[4].data());
    }

    Slope operator[](long at) const { return {of_[0][at], of_[1][at], of_[2][at], of_[3][at], of_[4][at]}; }

  private:
    // Two cells, of two pairs each, above and below.
    void join(const int* __restrict upper, const int* __restrict lower, float* __restrict to) const {
        for (long at = 0; at < patches_; ++at) {
            const int *a = upper + 2 * at, *b = lower + 2 * at;
            to[at] = static_cast<float>(((a[0] + b[0]) + (a[1] + b[1])) + ((a[2] + b[2]) + (a[3] + b[3])));
        }
    }

    // Sums of products become the inverse of their matrix.
    void invert(const float* __restrict sum_x, const float* __restrict sum_y, float* __restrict xx,
                float* __restrict xy, float* __restrict yy) const {
        for (long at = 0; at < patches_; ++at) {
            const float a = xx[at] - sum_x[at] * sum_x[at] / kPixels, b = xy[at] - sum_x[at] * sum_y[at] / kPixels;
            const float c = yy[at] - sum_y[at] * sum_y[at] / kPixels;
            const float determinant = a * c - b * b;
            const float scale = determinant > kFlat ? 1.0f / determinant : 0.0f;
            xx[at] = c * scale, xy[at] = -b * scale, yy[at] = a * scale;
        }
    }

    long patches_;
    std::vector<float> of_[CellSums::kSums];  // see Slope
};

}  // namespace
}  // namespace vfi
