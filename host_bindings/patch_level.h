// The search for patches over one level of a pyramid.
#pragma once

#include "patch_field.h"

namespace vfi {
namespace {

constexpr float kLastStep = 0.5f;  // px: a longer one would have to be looked at
constexpr float kAlike = 0.5f;  // px: of neighbours whose motion differs less, what lies between need not be looked at
constexpr long kTogether = 8;   // patches that are looked at side by side

// A patch that may find something better.
struct Seeker {
    long column;
    Patch patch;
    Slope slope;
    Vector best;
    Fit fitting;
    Vector from, step, next;
    Fit before, told;
};

// What is known of a row of patches while it is looked at.
struct Row {
    explicit Row(long patches) : slopes(patches), fits(patches), seeks(patches) {}
    Slopes slopes;
    std::vector<Fit> fits;
    std::vector<char> seeks;  // whether it may find something better
};

// How long a level is searched.
struct Effort {
    int descents;  // a patch and pass
    float still;   // px: a step shorter than this is the last
    float fits;    // mean squared difference, in codes, of a patch that fits: nothing better is looked for
    float again;   // the same, of a patch that asks its neighbours once more

    static constexpr float sum(float codes) { return codes * kPixels * kSquare; }
};

// The search over one level. Patches are looked at side by side: while one's sums are on their way, the processor is
// busy with the others'.
class Search {
  public:
    Search(const Plane& here, const Plane& there, const Field* coarse, const Effort& effort)
        : here_(here),
          there_(there),
          coarse_(coarse),
          effort_(effort),
          gradients_(here),
          cells_down_((here.h() + kCell - 1) / kCell),
          cells_across_((here.w() + kCell - 1) / kCell),
          down_(std::max(cells_down_ - 1, 1L)),
          across_(std::max(cells_across_ - 1, 1L)),
          known_(down_ * across_),
          cell_sums_(gradients_, cells_across_),
          picked_(across_),
          sums_(across_),
          seekers_(kTogether) {
        for (int each = 0; each < 3; ++each) rows_.emplace_back(across_);
    }

    Field found() {
        look(0);
        for (long row = 0; row < down_; row += 2) {
            const bool is_last = row + 1 == down_;
            if (row + 2 < down_) look(row + 2);
            seek(row, -1);
            if (is_last) break;
            row + 2 < down_ ? look_between(row + 1) : look(row + 1);
            seek(row + 1, -1);
        }
        for (long row = down_ - 1; row >= 0; --row) look_again(row);
        return spread(known_, down_, across_, cells_down_, cells_across_);
    }

  private:
    Known& at(long row, long column) { return known_[row * across_ + column]; }
    Row& in(long row) { return rows_[row % 3]; }

    // The centre of a patch lies at that of a coarser cell, or in the middle between two.
    Vector begun(long row, long column) const {
        if (!coarse_) return {0.0f, 0.0f};
        const long bottom = std::min((row + 1) / 2, coarse_->down - 1);
        const long right = std::min((column + 1) / 2, coarse_->across - 1);
        const Vector &a = coarse_->at(row / 2, column / 2), &b = coarse_->at(row / 2, right);
        const Vector &c = coarse_->at(bottom, column / 2), &d = coarse_->at(bottom, right);
        return {0.5f * ((a.x + b.x) + (c.x + d.x)), 0.5f * ((a.y + b.y) + (c.y + d.y))};
    }

    Place place(long row, long column, const Vector& motion) const {
        return placed(static_cast<float>(row * kCell) + motion.y, static_cast<float>(column * kCell) + motion.x,
                      there_);
    }

    Fit fit(const Seeker& seeker, long row, const Vector& motion) const {
        const Sums sums = seeker.patch.differing(there_, place(row, seeker.column, motion));
        const Quad total = __builtin_convertvector(sums, Quad);
        return seeker.slope.fit(total[0], total[1], total[2], total[3]);
    }

    // What fits where the coarser level says is left alone; the others will ask their neighbours. Every second patch is
    // not looked at where both beside it fit and move alike.
    void look(long row) {
        in(row).slopes.find(cell_sums_, row);
        long count = 0;
        for (long column = 0; column < across_; column += 2) picked_[count++] = column;
        look_at(row, count);
        count = 0;
        for (long column = 1; column < across_; column += 2) {
            const bool has_both = column + 1 < across_;
            const bool is_between = has_both && lies_between(row, column, at(row, column - 1), at(row, column + 1));
            picked_[count] = column;
            count += !is_between;
        }
        look_at(row, count);
    }

    void look_between(long row) {
        in(row).slopes.find(cell_sums_, row);
        long count = 0;
        for (long column = 0; column < across_; ++column) {
            const bool is_between = lies_between(row, column, at(row - 1, column), at(row + 1, column));
            picked_[count] = column;
            count += !is_between;
        }
        look_at(row, count);
    }

    // Whether two neighbours fit and move alike; then what lies between them is taken as their mean.
    bool lies_between(long row, long column, const Known& first, const Known& second) {
        const float larger_cost = std::max(first.cost, second.cost);
        if (!(larger_cost < effort_.fits) || squared({first.x - second.x, first.y - second.y}) > kAlike * kAlike) {
            return false;
        }
        in(row).seeks[column] = false;
        at(row, column) = {0.5f * (first.x + second.x), 0.5f * (first.y + second.y), larger_cost, 0.0f};
        return true;
    }

    // The first so many of the patches that were picked.
    void look_at(long row, long count) {
        for (long index = 0; index < count; ++index) {
            const long column = picked_[index];
            Patch patch;
            patch.read(here_, gradients_, row * kCell, column * kCell);
            const Vector motion = begun(row, column);
            at(row, column) = {motion.x, motion.y, 0.0f, 0.0f};
            sums_[index] = patch.differing(there_, place(row, column, motion));
        }
        Row& known = in(row);
        for (long index = 0; index < count; ++index) {
            const long column = picked_[index];
            const Quad total = __builtin_convertvector(sums_[index], Quad);
            const Slope slope = known.slopes[column];
            const Fit fit = known.fits[column] = slope.fit(total[0], total[1], total[2], total[3]);
            known.seeks[column] = fit.cost >= effort_.fits;
            at(row, column) = kept(at(row, column).motion(), slope, fit);
        }
    }

    void look_again(long row) {
        Row& known = in(row);
        bool is_any = false;
        for (long column = 0; column < across_; ++column) {
            const float cost = at(row, column).cost;
            known.fits[column] = {cost, 0.0f, 0.0f};
            known.seeks[column] = cost >= effort_.again;
            is_any |= known.seeks[column];
        }
        if (!is_any) return;
        known.slopes.find(cell_sums_, row);
        seek(row, 1);
    }

    // Those of a row that seek, after their neighbours on one side (-1: to the left, 1: to the right): at first all
    // that have none there which seeks too, then those beside them, and so on.
    void seek(long row, long side) {
        const std::vector<char>& seeks = in(row).seeks;
        const long end = side < 0 ? across_ : -1;
        front_.clear();
        for (long column = side < 0 ? 0 : across_ - 1; column != end; column -= side) {
            const bool is_first = column == (side < 0 ? 0 : across_ - 1) || !seeks[column + side];
            if (seeks[column] && is_first) front_.push_back(column);
        }
        while (!front_.empty()) {
            const long count = static_cast<long>(front_.size());
            for (long begin = 0; begin < count; begin += kTogether) {
                seek_together(row, front_.data() + begin, std::min(kTogether, count - begin), side);
            }
            long left = 0;
            for (const long column : front_) {
                front_[left] = column - side;
                left += column - side != end && seeks[column - side];
            }
            front_.resize(left);
        }
    }

    // Neighbours are asked on that side, and above where it is the left, below where it is the right.
    void seek_together(long row, const long* columns, long count, long side) {
        for (long index = 0; index < count; ++index) begin(seekers_[index], row, columns[index]);
        const long other_row = std::clamp(row + side, 0L, down_ - 1);
        for (const bool beside : {true, false}) {
            for (long index = 0; index < count; ++index) {
                Seeker& seeker = seekers_[index];
                const long column = std::clamp(seeker.column + side, 0L, across_ - 1);
                seeker.next = (beside ? at(row, column) : at(other_row, seeker.column)).motion();
                seeker.told = fit(seeker, row, seeker.next);
            }
            for (long index = 0; index < count; ++index) take_better(seekers_[index]);
        }
        descend(row, count, side > 0);
        for (long index = 0; index < count; ++index) {
            Seeker& seeker = seekers_[index];
            come_back(seeker);
            at(row, seeker.column) = kept(seeker.best, seeker.slope, seeker.fitting);
        }
    }

    void begin(Seeker& seeker, long row, long column) {
        const Known& known = at(row, column);
        seeker.column = column;
        seeker.patch.read(here_, gradients_, row * kCell, column * kCell);
        seeker.slope = in(row).slopes[column];
        seeker.best = known.motion(), seeker.fitting = in(row).fits[column];
    }

    static bool take_better(Seeker& seeker) {
        const bool is_better = seeker.told.cost < seeker.fitting.cost;
        if (is_better) seeker.best = seeker.next, seeker.fitting = seeker.told;
        return is_better;
    }

    // Those that do not fit yet; in the second pass they have descended already, and go on only from better motion.
    void descend(long row, long count, bool is_second) {
        long active[kTogether], going = 0;
        for (long index = 0; index < count; ++index) {
            Seeker& seeker = seekers_[index];
            seeker.from = seeker.best, seeker.before = seeker.fitting;
            const bool is_new = !is_second || seeker.fitting.cost < at(row, seeker.column).cost;
            active[going] = index;
            going += is_new && seeker.fitting.cost >= effort_.fits;
        }
        for (int turn = 0; turn < effort_.descents && going > 0; ++turn) {
            for (long each = 0; each < going; ++each) {
                Seeker& seeker = seekers_[active[each]];
                seeker.step = seeker.slope.step(seeker.fitting);
                seeker.next = {seeker.best.x - seeker.step.x, seeker.best.y - seeker.step.y};
                seeker.told = fit(seeker, row, seeker.next);
            }
            long left = 0;
            for (long each = 0; each < going; ++each) {
                Seeker& seeker = seekers_[active[each]];
                const bool is_better = take_better(seeker),
                           is_long = squared(seeker.step) >= effort_.still * effort_.still;
                active[left] = active[each];
                left += is_better && is_long && seeker.fitting.cost >= effort_.fits;
            }
            going = left;
        }
    }

    static float squared(const Vector& vector) { return vector.x * vector.x + vector.y * vector.y; }

    // What has gone further than its own size is lost, and stays where it began.
    static void come_back(Seeker& seeker) {
        const Vector gone{seeker.best.x - seeker.from.x, seeker.best.y - seeker.from.y};
        if (squared(gone) > kPixels) seeker.best = seeker.from, seeker.fitting = seeker.before;
    }

    // What fits goes one step further, unseen: fractions of a pixel are worth that, but not another look.
    Known kept(Vector motion, const Slope& slope, const Fit& fit) const {
        const Vector step = slope.step(fit);
        const bool goes = fit.cost < effort_.fits && squared(step) < kLastStep * kLastStep;
        return {motion.x - (goes ? step.x : 0.0f), motion.y - (goes ? step.y : 0.0f), fit.cost, 0.0f};
    }

    const Plane &here_, &there_;
    const Field* coarse_;
    Effort effort_;
    Gradients gradients_;
    long cells_down_, cells_across_, down_, across_;
    std::vector<Known> known_;
    CellSums cell_sums_;
    std::vector<Row> rows_;
    std::vector<long> picked_, front_;
    std::vector<Sums> sums_;
    std::vector<Seeker> seekers_;
};

}  // namespace
}  // namespace vfi
