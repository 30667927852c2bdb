// Motion by patches, as dense inverse search finds it (Kroeger, Timofte, Dai, Van Gool, ECCV 2016): from coarse to fine
// every patch of 8 px descends to where it is least unlike the other frame, its gradients taken once; good motion
// passes on to its neighbours. Here all levels are searched, the full size included, in vectors of two patch rows.
//
// The result is a flow of every cell of 4 x 4 px, the mean of the patches over it, each by how well it fits there.
#include <cmath>

#include "lanes.h"
#include "levels.h"
#include "parallel.h"
#include "rows.h"

namespace vfi {
namespace VFI_LEVEL {
namespace {

constexpr long kPatch = 8, kCell = 4;
constexpr long kPad = 16;           // around a plane: a patch may lie outside by its own size
constexpr long kSmallestSide = 16;  // of the coarsest level: two patches
constexpr int kDescents = 12;       // a patch and pass: 8 are 0.03 dB worse on dropped frames, and as fast
constexpr float kStill = 0.02f;     // px: a step shorter than this is the last
constexpr float kFlat = 64.0f;      // determinant of a patch without texture, of gradients in codes a pixel
constexpr float kPixels = kPatch * kPatch;

typedef float Row __attribute__((vector_size(32)));

inline Row load_row(const float* at) {
    Row value;
    std::memcpy(&value, at, sizeof value);
    return value;
}

inline Lanes two_rows(const float* at, long stride) {
    const Row a = load_row(at), b = load_row(at + stride);
    return __builtin_shufflevector(a, b, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
}

inline Lanes lower_and_upper(const Lanes& a, const Lanes& b) {
    return __builtin_shufflevector(a, b, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23);
}

inline Quad folded(const Lanes& a) {
    const Row half = __builtin_shufflevector(a, a, 0, 1, 2, 3, 4, 5, 6, 7) +
                     __builtin_shufflevector(a, a, 8, 9, 10, 11, 12, 13, 14, 15);
    return __builtin_shufflevector(half, half, 0, 1, 2, 3) + __builtin_shufflevector(half, half, 4, 5, 6, 7);
}

// The sums of four vectors, always in the same order.
inline Quad sums(const Lanes& a, const Lanes& b, const Lanes& c, const Lanes& d) {
    const Quad p = folded(a), q = folded(b), r = folded(c), s = folded(d);
    const Quad pq = __builtin_shufflevector(p, q, 0, 4, 1, 5) + __builtin_shufflevector(p, q, 2, 6, 3, 7);
    const Quad rs = __builtin_shufflevector(r, s, 0, 4, 1, 5) + __builtin_shufflevector(r, s, 2, 6, 3, 7);
    return __builtin_shufflevector(pq, rs, 0, 1, 4, 5) + __builtin_shufflevector(pq, rs, 2, 3, 6, 7);
}

// A plane whose edge pixels go on around it.
class Plane {
  public:
    Plane(long h, long w) : h_(h), w_(w), stride_(w + 2 * kPad), memory_((h + 2 * kPad) * stride_) {}
    long h() const { return h_; }
    long w() const { return w_; }
    long stride() const { return stride_; }
    float* at(long y, long x) { return memory_.data() + ((y + kPad) * stride_ + x + kPad); }
    const float* at(long y, long x) const { return memory_.data() + ((y + kPad) * stride_ + x + kPad); }

    void pad() {
        for (long y = 0; y < h_; ++y) {
            std::fill_n(at(y, -kPad), kPad, *at(y, 0));
            std::fill_n(at(y, w_), kPad, *at(y, w_ - 1));
        }
        for (long y = 1; y <= kPad; ++y) {
            std::copy_n(at(0, -kPad), stride_, at(-y, -kPad));
            std::copy_n(at(h_ - 1, -kPad), stride_, at(h_ - 1 + y, -kPad));
        }
    }

  private:
    long h_, w_, stride_;
    std::vector<float> memory_;
};

Plane plane_of(const Tensor& image) {
    Plane plane(image.h(), image.w());
    for (long y = 0; y < image.h(); ++y) read_row(image, 0, 0, y, 0, image.w(), plane.at(y, 0));
    plane.pad();
    return plane;
}

Plane halved(const Plane& fine) {
    Plane coarse((fine.h() + 1) / 2, (fine.w() + 1) / 2);
    for (long y = 0; y < coarse.h(); ++y) {
        const float *upper = fine.at(2 * y, 0), *lower = fine.at(2 * y + 1, 0);
        float* to = coarse.at(y, 0);
        for (long x = 0; x < coarse.w(); ++x) {
            to[x] = 0.25f * ((upper[2 * x] + upper[2 * x + 1]) + (lower[2 * x] + lower[2 * x + 1]));
        }
    }
    coarse.pad();
    return coarse;
}

// Sobel's, in units a pixel.
struct Gradients {
    explicit Gradients(const Plane& of) : x(of.h(), of.w()), y(of.h(), of.w()) {
        for (long row = 0; row < of.h(); ++row) {
            const float *up = of.at(row - 1, 0), *here = of.at(row, 0), *down = of.at(row + 1, 0);
            float *to_x = x.at(row, 0), *to_y = y.at(row, 0);
            for (long at = 0; at < of.w(); ++at) {
                const float left = up[at - 1] + 2.0f * here[at - 1] + down[at - 1];
                const float right = up[at + 1] + 2.0f * here[at + 1] + down[at + 1];
                to_x[at] = 0.125f * (right - left);
                const float above = up[at - 1] + 2.0f * up[at] + up[at + 1];
                const float below = down[at - 1] + 2.0f * down[at] + down[at + 1];
                to_y[at] = 0.125f * (below - above);
            }
        }
        x.pad();
        y.pad();
    }
    Plane x, y;
};

using Pyramid = std::vector<Plane>;

Pyramid pyramid_of(const Tensor& image) {
    Pyramid levels;
    levels.push_back(plane_of(image));
    while (std::min(levels.back().h(), levels.back().w()) >= 2 * kSmallestSide) levels.push_back(halved(levels.back()));
    return levels;
}

struct Motion {
    float x, y;
};

// Flow of cells.
struct Field {
    Field(long rows, long columns) : down(rows), across(columns), motion(rows * columns) {}
    long down, across;
    std::vector<Motion> motion;
    Motion& at(long row, long column) { return motion[row * across + column]; }
    const Motion& at(long row, long column) const { return motion[row * across + column]; }

    // Between the centres of cells, edges going on.
    Motion sampled(float row, float column) const {
        const float r = std::clamp(row, 0.0f, static_cast<float>(down - 1));
        const float c = std::clamp(column, 0.0f, static_cast<float>(across - 1));
        const long top = static_cast<long>(r), left = static_cast<long>(c);
        const long bottom = std::min(top + 1, down - 1), right = std::min(left + 1, across - 1);
        const float fr = r - static_cast<float>(top), fc = c - static_cast<float>(left);
        const auto mixed = [&](float a, float b, float c4, float d) {
            return (1.0f - fr) * ((1.0f - fc) * a + fc * b) + fr * ((1.0f - fc) * c4 + fc * d);
        };
        const Motion &a = at(top, left), &b = at(top, right), &c4 = at(bottom, left), &d = at(bottom, right);
        return {mixed(a.x, b.x, c4.x, d.x), mixed(a.y, b.y, c4.y, d.y)};
    }
};

// How unlike a patch is to what lies at a place, its mean left out, and how that falls along x and y.
struct Fit {
    float cost, fall_x, fall_y;
};

class Patch {
  public:
    Patch(const Plane& image, const Gradients& gradients, long y, long x) {
        Lanes sum_x{}, sum_y{}, xx{}, xy{}, yy{};
        for (long pair = 0; pair < 4; ++pair) {
            value_[pair] = two_rows(image.at(y + 2 * pair, x), image.stride());
            dx_[pair] = two_rows(gradients.x.at(y + 2 * pair, x), image.stride());
            dy_[pair] = two_rows(gradients.y.at(y + 2 * pair, x), image.stride());
            sum_x += dx_[pair], sum_y += dy_[pair];
            xx += dx_[pair] * dx_[pair], xy += dx_[pair] * dy_[pair], yy += dy_[pair] * dy_[pair];
        }
        const Quad first = sums(sum_x, sum_y, xx, xy), second = sums(yy, yy, yy, yy);
        sum_x_ = first[0], sum_y_ = first[1];
        const float a = first[2] - sum_x_ * sum_x_ / kPixels, b = first[3] - sum_x_ * sum_y_ / kPixels;
        const float c = second[0] - sum_y_ * sum_y_ / kPixels;
        const float determinant = a * c - b * b;
        const float scale = determinant > kFlat ? 1.0f / determinant : 0.0f;
        inverse_xx_ = c * scale, inverse_xy_ = -b * scale, inverse_yy_ = a * scale;
    }

    Fit fit(const Plane& other, float y, float x) const {
        Lanes difference[4];
        differ(other, y, x, difference);
        Lanes sum{}, squares{}, along_x{}, along_y{};
        for (long pair = 0; pair < 4; ++pair) {
            sum += difference[pair];
            squares += difference[pair] * difference[pair];
            along_x += difference[pair] * dx_[pair];
            along_y += difference[pair] * dy_[pair];
        }
        const Quad total = sums(sum, squares, along_x, along_y);
        const float mean = total[0] / kPixels;
        return {total[1] - mean * total[0], total[2] - mean * sum_x_, total[3] - mean * sum_y_};
    }

    Motion step(const Fit& fit) const {
        return {inverse_xx_ * fit.fall_x + inverse_xy_ * fit.fall_y,
                inverse_xy_ * fit.fall_x + inverse_yy_ * fit.fall_y};
    }

    // How much the patch counts in each of its four cells: the sum of 1 / max(1, difference in codes).
    Quad trust(const Plane& other, float y, float x) const {
        Lanes difference[4], weight[4];
        differ(other, y, x, difference);
        for (long pair = 0; pair < 4; ++pair) {
            const Lanes size = larger(difference[pair], -difference[pair]);
            weight[pair] = 1.0f / larger(size, broadcast(1.0f));
        }
        const Lanes upper = weight[0] + weight[1], lower = weight[2] + weight[3];
        const Row rows[2] = {__builtin_shufflevector(upper, upper, 0, 1, 2, 3, 4, 5, 6, 7) +
                                 __builtin_shufflevector(upper, upper, 8, 9, 10, 11, 12, 13, 14, 15),
                             __builtin_shufflevector(lower, lower, 0, 1, 2, 3, 4, 5, 6, 7) +
                                 __builtin_shufflevector(lower, lower, 8, 9, 10, 11, 12, 13, 14, 15)};
        Quad result;
        for (int which = 0; which < 2; ++which) {
            const Row& row = rows[which];
            result[2 * which] = (row[0] + row[1]) + (row[2] + row[3]);
            result[2 * which + 1] = (row[4] + row[5]) + (row[6] + row[7]);
        }
        return result;
    }

  private:
    // A place no further outside than a patch; one that is no number counts as outside.
    static float near(float place, long side) {
        const float first = -static_cast<float>(kPatch), last = static_cast<float>(side);
        return place > first ? std::min(place, last) : first;
    }

    void differ(const Plane& other, float y, float x, Lanes* difference) const {
        const float inside_x = near(x, other.w()), inside_y = near(y, other.h());
        const float left = std::floor(inside_x), top = std::floor(inside_y);
        const float fx = inside_x - left, fy = inside_y - top, gx = 1.0f - fx, gy = 1.0f - fy;
        const float* at = other.at(static_cast<long>(top), static_cast<long>(left));
        const long stride = other.stride();
        Lanes across[5];
        for (long pair = 0; pair < 5; ++pair) {
            const float* rows = at + 2 * pair * stride;
            const long next = pair < 4 ? stride : 0;  // of the last pair only the first row counts
            across[pair] = two_rows(rows, next) * gx + two_rows(rows + 1, next) * fx;
        }
        for (long pair = 0; pair < 4; ++pair) {
            const Lanes below = lower_and_upper(across[pair], across[pair + 1]);
            difference[pair] = across[pair] * gy + below * fy - value_[pair];
        }
    }

    Lanes value_[4], dx_[4], dy_[4];
    float sum_x_, sum_y_, inverse_xx_, inverse_xy_, inverse_yy_;
};

// The search over one level.
class Search {
  public:
    Search(const Plane& here, const Plane& there, const Field* coarse)
        : here_(here),
          there_(there),
          gradients_(here),
          cells_down_((here.h() + kCell - 1) / kCell),
          cells_across_((here.w() + kCell - 1) / kCell),
          patches_(std::max(cells_down_ - 1, 1L), std::max(cells_across_ - 1, 1L)) {
        for (long row = 0; row < patches_.down; ++row) {
            for (long column = 0; column < patches_.across; ++column) {
                patches_.at(row, column) = coarse ? begun(*coarse, row, column) : Motion{0.0f, 0.0f};
            }
        }
    }

    Field found() {
        for (long row = 0; row < patches_.down; ++row) {
            for (long column = 0; column < patches_.across; ++column) improve(row, column, -1);
        }
        for (long row = patches_.down - 1; row >= 0; --row) {
            for (long column = patches_.across - 1; column >= 0; --column) improve(row, column, 1);
        }
        return spread();
    }

  private:
    static Motion begun(const Field& coarse, long row, long column) {
        // The patch's centre in the coarser level's pixels, then in its cells, whose centres lie between pixels.
        const auto place = [](long at) {
            return (0.5f * (static_cast<float>(at * kCell + kPatch / 2) - 0.5f) - 0.25f - 1.5f) / kCell;
        };
        const Motion motion = coarse.sampled(place(row), place(column));
        return {2.0f * motion.x, 2.0f * motion.y};
    }

    Fit fit(const Patch& patch, long row, long column, const Motion& motion) const {
        return patch.fit(there_, static_cast<float>(row * kCell) + motion.y,
                         static_cast<float>(column * kCell) + motion.x);
    }

    // side: -1 takes over from the left and above, 1 from the right and below.
    void improve(long row, long column, long side) {
        const Patch patch(here_, gradients_, row * kCell, column * kCell);
        Motion best = patches_.at(row, column);
        Fit fitting = fit(patch, row, column, best);
        const auto offer = [&](const Motion& other) {
            if (other.x == best.x && other.y == best.y) return;
            const Fit told = fit(patch, row, column, other);
            if (told.cost < fitting.cost) best = other, fitting = told;
        };
        if (column + side >= 0 && column + side < patches_.across) offer(patches_.at(row, column + side));
        if (row + side >= 0 && row + side < patches_.down) offer(patches_.at(row + side, column));
        Motion& known = patches_.at(row, column);
        const bool is_new = known.x != best.x || known.y != best.y;
        if (side < 0 || is_new) known = descended(patch, row, column, best, fitting);
    }

    Motion descended(const Patch& patch, long row, long column, const Motion& from, Fit fitting) const {
        Motion best = from;
        for (int turn = 0; turn < kDescents; ++turn) {
            const Motion step = patch.step(fitting);
            const Motion next{best.x - step.x, best.y - step.y};
            const Fit told = fit(patch, row, column, next);
            if (!(told.cost < fitting.cost)) break;
            best = next, fitting = told;
            if (step.x * step.x + step.y * step.y < kStill * kStill) break;
        }
        const float far_x = best.x - from.x, far_y = best.y - from.y;
        const bool lost = far_x * far_x + far_y * far_y > static_cast<float>(kPatch * kPatch);
        return lost ? from : best;
    }

    Field spread() const {
        Field cells(cells_down_, cells_across_);
        std::vector<float> weights(cells.motion.size());
        for (long row = 0; row < patches_.down; ++row) {
            for (long column = 0; column < patches_.across; ++column) {
                const Motion& motion = patches_.at(row, column);
                const Patch patch(here_, gradients_, row * kCell, column * kCell);
                const Quad trust = patch.trust(there_, static_cast<float>(row * kCell) + motion.y,
                                               static_cast<float>(column * kCell) + motion.x);
                for (long cell = 0; cell < 4; ++cell) {
                    const long down = row + cell / 2, across = column + cell % 2;
                    if (down >= cells_down_ || across >= cells_across_) continue;
                    cells.at(down, across).x += trust[cell] * motion.x;
                    cells.at(down, across).y += trust[cell] * motion.y;
                    weights[down * cells_across_ + across] += trust[cell];
                }
            }
        }
        for (std::size_t cell = 0; cell < weights.size(); ++cell) {
            cells.motion[cell].x /= weights[cell];
            cells.motion[cell].y /= weights[cell];
        }
        return cells;
    }

    const Plane &here_, &there_;
    Gradients gradients_;
    long cells_down_, cells_across_;
    Field patches_;
};

Field searched(const Pyramid& here, const Pyramid& there) {
    Field field = Search(here.back(), there.back(), nullptr).found();
    for (long level = static_cast<long>(here.size()) - 2; level >= 0; --level) {
        field = Search(here[level], there[level], &field).found();
    }
    return field;
}

void write_field(const Field& field, const Tensor& out, long n) {
    std::vector<float> row(field.across);
    for (long y = 0; y < field.down; ++y) {
        for (long x = 0; x < field.across; ++x) row[x] = field.at(y, x).x;
        write_row(out, n, 0, y, 0, field.across, row.data());
        for (long x = 0; x < field.across; ++x) row[x] = field.at(y, x).y;
        write_row(out, n, 1, y, 0, field.across, row.data());
    }
}

}  // namespace

void patch_search(const Tensor& first, const Tensor& second, const Tensor& out, int threads) {
    const Pyramid pyramids[2] = {pyramid_of(first), pyramid_of(second)};
    parallel_for(2, 1L << 20, threads, [&](long begin, long end) {
        for (long way = begin; way < end; ++way) write_field(searched(pyramids[way], pyramids[1 - way]), out, way);
    });
}

}  // namespace VFI_LEVEL
}  // namespace vfi
