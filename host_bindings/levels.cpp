#include "levels.h"

#include <algorithm>
#include <atomic>

namespace vfi {
namespace {

Level of_processor() {
#if defined(VFI_HAS_X86_LEVELS)
    __builtin_cpu_init();
    const bool has_avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
                          __builtin_cpu_supports("bmi2");  // every processor with these three converts halves too
    const bool has_avx512 = has_avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                            __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
    return has_avx512 ? Level::avx512 : has_avx2 ? Level::avx2 : Level::baseline;
#else
    return Level::baseline;
#endif
}

std::atomic<Level> most_allowed{Level::avx512};

}  // namespace

Level level() {
    static const Level best = of_processor();
    return std::min(best, most_allowed.load());
}

void limit_level(Level most) { most_allowed = most; }

}  // namespace vfi
