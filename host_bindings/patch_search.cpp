// Motion by patches, as dense inverse search finds it (Kroeger, Timofte, Dai, Van Gool, ECCV 2016): from coarse to fine
// every patch of 8 px descends to where it is least unlike the other frame, its gradients taken once; good motion
// passes on to its neighbours. Here all levels are searched, the full size included.
//
// The result is a flow of every cell of 4 x 4 px, the mean of the patches over it, each by how well it fits.
#include "levels.h"
#include "parallel.h"
#include "patch_level.h"

namespace vfi {
namespace VFI_LEVEL {
namespace {

// Grain differs as much as what fits; to go on takes longer, and made frames are no better. What a coarse level misses
// is lost; of the finest, every patch has been found to half a pixel before, and one descent is nearly as good as five.
constexpr Effort kCoarse{5, 0.02f, Effort::sum(4.0f), Effort::sum(16.0f)};
constexpr Effort kFinest{1, 0.1f, Effort::sum(40.0f), Effort::sum(150.0f)};

Field searched(const Pyramid& here, const Pyramid& there) {
    Field field = Search(here.back(), there.back(), nullptr, kCoarse).found();
    for (long level = static_cast<long>(here.size()) - 2; level >= 0; --level) {
        field = Search(here[level], there[level], &field, level > 0 ? kCoarse : kFinest).found();
    }
    return field;
}

// In cells, not pixels.
void write_field(const Field& field, const Tensor& out) {
    for (long y = 0; y < field.down; ++y) {
        float *to_x = out.floats(0, 0, y), *to_y = out.floats(0, 1, y);
        for (long x = 0; x < field.across; ++x) {
            to_x[x] = field.at(y, x).x / kCell;
            to_y[x] = field.at(y, x).y / kCell;
        }
    }
}

}  // namespace

void patch_search(const Tensor& first, const Tensor& second, const CellMotion& cells, int threads) {
    Pyramid pyramids[2];
    const Tensor *guides[2] = {&first, &second}, *means[2] = {&cells.before, &cells.after};
    const Tensor* flows[2] = {&cells.forward, &cells.backward};
    parallel_for(2, 1L << 20, threads, [&](long begin, long end) {
        for (long at = begin; at < end; ++at) {
            pyramids[at] = pyramid_of(luma(*guides[at]));
            write_cells(pyramids[at], *means[at]);
        }
    });
    parallel_for(2, 1L << 20, threads, [&](long begin, long end) {
        for (long way = begin; way < end; ++way) write_field(searched(pyramids[way], pyramids[1 - way]), *flows[way]);
    });
}

}  // namespace VFI_LEVEL
}  // namespace vfi
