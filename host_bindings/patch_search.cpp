// Motion by patches, as dense inverse search finds it (Kroeger, Timofte, Dai, Van Gool, ECCV 2016): from coarse to fine
// every patch of 8 px descends to where it is least unlike the other frame, its gradients taken once; good motion
// passes on to its neighbours. Here all levels are searched, the full size included, in vectors of four patch rows.
//
// The result is a flow of every cell of 4 x 4 px, the mean of the patches over it, each by how well it fits.
#include <cmath>

#include "levels.h"
#include "parallel.h"
#include "patch.h"

namespace vfi {
namespace VFI_LEVEL {
namespace {

constexpr int kDescents = 5;     // a patch and pass; 12 are no better on dropped frames
constexpr float kStill = 0.02f;  // px: a step shorter than this is the last

// Mean squared difference, in codes, of a patch that fits: nothing better is looked for. Grain differs as much; to go
// on takes twice the time, and made frames are no better.
constexpr float kFits = 4.0f * kPixels * kSquare;
constexpr float kLastStep = 0.5f;  // px: a longer one would have to be looked at

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

// The search over one level.
class Search {
  public:
    Search(const Plane& here, const Plane& there, const Field* coarse)
        : here_(here),
          there_(there),
          coarse_(coarse),
          gradients_(here),
          cells_down_((here.h() + kCell - 1) / kCell),
          cells_across_((here.w() + kCell - 1) / kCell),
          down_(std::max(cells_down_ - 1, 1L)),
          across_(std::max(cells_across_ - 1, 1L)),
          known_(down_ * across_) {}

    Field found() {
        for (long row = 0; row < down_; ++row) {
            for (long column = 0; column < across_; ++column) look(row, column);
        }
        for (long row = down_ - 1; row >= 0; --row) {
            for (long column = across_ - 1; column >= 0; --column) look_again(row, column);
        }
        return spread();
    }

  private:
    Known& at(long row, long column) { return known_[row * across_ + column]; }

    // The centre of a patch lies at that of a coarser cell, or in the middle between two.
    Vector begun(long row, long column) const {
        if (!coarse_) return {0.0f, 0.0f};
        const long bottom = std::min((row + 1) / 2, coarse_->down - 1);
        const long right = std::min((column + 1) / 2, coarse_->across - 1);
        const Vector &a = coarse_->at(row / 2, column / 2), &b = coarse_->at(row / 2, right);
        const Vector &c = coarse_->at(bottom, column / 2), &d = coarse_->at(bottom, right);
        return {0.5f * ((a.x + b.x) + (c.x + d.x)), 0.5f * ((a.y + b.y) + (c.y + d.y))};
    }

    Patch patch(long row, long column) const { return {here_, gradients_, row * kCell, column * kCell}; }

    Fit fit(const Patch& patch, long row, long column, const Vector& motion) const {
        return patch.fit(there_, static_cast<float>(row * kCell) + motion.y,
                         static_cast<float>(column * kCell) + motion.x);
    }

    // Takes a neighbour's motion over where it fits better.
    void offer(const Patch& patch, long row, long column, const Vector& other, Vector& best, Fit& fitting) const {
        if (other.x == best.x && other.y == best.y) return;
        const Fit told = fit(patch, row, column, other);
        if (told.cost < fitting.cost) best = other, fitting = told;
    }

    void look(long row, long column) {
        const Patch patch = this->patch(row, column);
        Vector best = begun(row, column);
        Fit fitting = fit(patch, row, column, best);
        if (fitting.cost >= kFits) {
            if (column > 0) offer(patch, row, column, at(row, column - 1).motion(), best, fitting);
            if (row > 0) offer(patch, row, column, at(row - 1, column).motion(), best, fitting);
        }
        descend(patch, row, column, best, fitting);
        at(row, column) = {best.x, best.y, fitting.cost, 0.0f};
    }

    void look_again(long row, long column) {
        Known& known = at(row, column);
        if (known.cost < kFits) return;
        const Known& right = at(row, std::min(column + 1, across_ - 1));
        const Known& below = at(std::min(row + 1, down_ - 1), column);
        Vector best = known.motion();
        const auto is_known = [&](const Known& other) { return other.x == best.x && other.y == best.y; };
        if (is_known(right) && is_known(below)) return;
        const Patch patch = this->patch(row, column);
        Fit fitting{known.cost, 0.0f, 0.0f};
        offer(patch, row, column, right.motion(), best, fitting);
        offer(patch, row, column, below.motion(), best, fitting);
        if (!(fitting.cost < known.cost)) return;
        descend(patch, row, column, best, fitting);
        known = {best.x, best.y, fitting.cost, 0.0f};
    }

    void descend(const Patch& patch, long row, long column, Vector& best, Fit& fitting) const {
        const Vector from = best;
        const Fit before = fitting;
        for (int turn = 0; turn < kDescents && fitting.cost >= kFits; ++turn) {
            const Vector step = patch.step(fitting);
            const Vector next{best.x - step.x, best.y - step.y};
            const Fit told = fit(patch, row, column, next);
            if (!(told.cost < fitting.cost)) break;
            best = next, fitting = told;
            if (step.x * step.x + step.y * step.y < kStill * kStill) break;
        }
        const float far_x = best.x - from.x, far_y = best.y - from.y;
        const bool lost = far_x * far_x + far_y * far_y > static_cast<float>(kPatch * kPatch);
        if (lost) best = from, fitting = before;
        if (fitting.cost < kFits) finish(patch.step(fitting), best);
    }

    // What fits goes one step further, unseen: fractions of a pixel are worth that, but not another look.
    static void finish(const Vector& step, Vector& best) {
        if (step.x * step.x + step.y * step.y < kLastStep * kLastStep) best.x -= step.x, best.y -= step.y;
    }

    Field spread() {
        for (Known& known : known_) {
            const float off = known.cost / (kPixels * kSquare);
            known.trust = 1.0f / (1.0f + std::sqrt(off > 0.0f ? off : 0.0f));
            known.x *= known.trust, known.y *= known.trust;
        }
        Field cells(cells_down_, cells_across_);
        for (long row = 0; row < cells_down_; ++row) {
            const Known *up = &at(std::max(row - 1, 0L), 0), *down = &at(std::min(row, down_ - 1), 0);
            for (long column = 0; column < cells_across_; ++column) {
                const long left = std::max(column - 1, 0L), right = std::min(column, across_ - 1);
                const Quad sum = (load_quad(&up[left].x) + load_quad(&up[right].x)) +
                                 (load_quad(&down[left].x) + load_quad(&down[right].x));
                cells.at(row, column) = {sum[0] / sum[3], sum[1] / sum[3]};
            }
        }
        return cells;
    }

    const Plane &here_, &there_;
    const Field* coarse_;
    Gradients gradients_;
    long cells_down_, cells_across_, down_, across_;
    std::vector<Known> known_;
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

void patch_search(const Tensor& first, const Tensor& second, const Tensor& cells, const Tensor& flows, int threads) {
    Pyramid pyramids[2];
    const Tensor* guides[2] = {&first, &second};
    parallel_for(2, 1L << 20, threads, [&](long begin, long end) {
        for (long at = begin; at < end; ++at) pyramids[at] = pyramid_of(luma(*guides[at], cells, at));
    });
    parallel_for(2, 1L << 20, threads, [&](long begin, long end) {
        for (long way = begin; way < end; ++way) write_field(searched(pyramids[way], pyramids[1 - way]), flows, way);
    });
}

}  // namespace VFI_LEVEL
}  // namespace vfi
