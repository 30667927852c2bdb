// One patch of 8 x 8 px, and how well it fits to another picture.
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

// How unlike a patch is to what lies at a place, its mean left out, and how that falls along x and y.
struct Fit {
    float cost, fall_x, fall_y;
};

class Patch {
  public:
    Patch(const Plane& image, const Gradients& gradients, long y, long x) {
        const long stride = image.stride();
        IntLanes sum_x{}, sum_y{}, xx{}, xy{}, yy{};
        for (long half = 0; half < 2; ++half) {
            value_[half] = four_rows(image.at(y + 4 * half, x), stride);
            const Codes dx = dx_[half] = four_rows(gradients.x.at(y + 4 * half, x), stride);
            const Codes dy = dy_[half] = four_rows(gradients.y.at(y + 4 * half, x), stride);
            sum_x += pair_products(dx, broadcast_code(1)), sum_y += pair_products(dy, broadcast_code(1));
            xx += pair_products(dx, dx), xy += pair_products(dx, dy), yy += pair_products(dy, dy);
        }
        const Quad first = __builtin_convertvector(sums(sum_x, sum_y, xx, xy), Quad);
        sum_x_ = first[0], sum_y_ = first[1];
        const float a = first[2] - sum_x_ * sum_x_ / kPixels, b = first[3] - sum_x_ * sum_y_ / kPixels;
        const float c = static_cast<float>(sums(yy, yy, yy, yy)[0]) - sum_y_ * sum_y_ / kPixels;
        const float determinant = a * c - b * b;
        const float scale = determinant > kFlat ? 1.0f / determinant : 0.0f;
        inverse_xx_ = c * scale, inverse_xy_ = -b * scale, inverse_yy_ = a * scale;
    }

    Fit fit(const Plane& other, float y, float x) const {
        Codes difference[2];
        differ(other, y, x, difference);
        IntLanes sum{}, squares{}, along_x{}, along_y{};
        for (long half = 0; half < 2; ++half) {
            sum += pair_products(difference[half], broadcast_code(1));
            squares += pair_products(difference[half], difference[half]);
            along_x += pair_products(difference[half], dx_[half]);
            along_y += pair_products(difference[half], dy_[half]);
        }
        const Quad total = __builtin_convertvector(sums(sum, squares, along_x, along_y), Quad);
        const float mean = total[0] / kPixels;
        return {total[1] - mean * total[0], total[2] - mean * sum_x_, total[3] - mean * sum_y_};
    }

    // Of an inverse search: how far the place is to go back.
    Vector step(const Fit& fit) const {
        return {inverse_xx_ * fit.fall_x + inverse_xy_ * fit.fall_y,
                inverse_xy_ * fit.fall_x + inverse_yy_ * fit.fall_y};
    }

  private:
    // A place no further outside than a patch; one that is no number counts as outside.
    static float near(float place, long side) {
        const float first = -static_cast<float>(kPatch), last = static_cast<float>(side);
        return place > first ? std::min(place, last) : first;
    }

    static int whole(float place) {
        const int toward_zero = static_cast<int>(place);
        return toward_zero - (static_cast<float>(toward_zero) > place);
    }

    static Codes fraction(float place, int whole) {
        return broadcast_code(static_cast<int>((place - static_cast<float>(whole)) * 32767.0f));
    }

    void differ(const Plane& other, float y, float x, Codes* difference) const {
        const float inside_x = near(x, other.w()), inside_y = near(y, other.h());
        const int left = whole(inside_x), top = whole(inside_y);
        const Codes fx = fraction(inside_x, left), fy = fraction(inside_y, top);
        Codes across[3];
        for (long part = 0; part < 3; ++part) {
            const Code* at = other.at(top + 4 * part, left);
            const long stride = part < 2 ? other.stride() : 0;  // of the last part only the first row counts
            const Codes here = four_rows(at, stride);
            across[part] = here + part_of(four_rows(at + 1, stride) - here, fx);
        }
        for (long half = 0; half < 2; ++half) {
            const Codes below = a_row_below(across[half], across[half + 1]);
            difference[half] = across[half] + part_of(below - across[half], fy) - value_[half];
        }
    }

    Codes value_[2], dx_[2], dy_[2];
    float sum_x_, sum_y_, inverse_xx_, inverse_xy_, inverse_yy_;
};

}  // namespace
}  // namespace vfi
