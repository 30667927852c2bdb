#include "bindings.h"

PYBIND11_MODULE(_native, module) {
    module.doc() = "CPU kernels of vfi_plugin: zero-copy on numpy arrays, GIL released while they work.";
    bind_kernels(module);
    bind_cryptomatte(module);
    bind_host_image(module);
    bind_guide_curve(module);
    bind_stored_planes(module);
}
