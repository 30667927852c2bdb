// One source, compiled for several levels of vector instructions; the best that the processor has is taken at run time.
#pragma once

#include <cstdint>

#include "guide_curve.h"
#include "host_image.h"
#include "stored_planes.h"
#include "tensor.h"

#if defined(__x86_64__)
#define VFI_HAS_X86_LEVELS 1
#endif

namespace vfi {

namespace baseline {
#include "operations.h"
}

#if defined(VFI_HAS_X86_LEVELS)
namespace avx2 {
#include "operations.h"
}
namespace avx512 {
#include "operations.h"
}
#endif

enum class Level { baseline, avx2, avx512 };

// The processor's best, or what limit_level() has set.
Level level();
void limit_level(Level most);

}  // namespace vfi

#if defined(VFI_HAS_X86_LEVELS)
#define VFI_CALL(operation, ...)                                              \
    (vfi::level() == vfi::Level::avx512 ? vfi::avx512::operation(__VA_ARGS__) \
     : vfi::level() == vfi::Level::avx2 ? vfi::avx2::operation(__VA_ARGS__)   \
                                        : vfi::baseline::operation(__VA_ARGS__))
#else
#define VFI_CALL(operation, ...) vfi::baseline::operation(__VA_ARGS__)
#endif
