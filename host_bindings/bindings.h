// Each family of functions adds itself to the module.
#pragma once

#include <pybind11/pybind11.h>

void bind_kernels(pybind11::module_& module);
void bind_cryptomatte(pybind11::module_& module);
void bind_host_image(pybind11::module_& module);
void bind_guide_curve(pybind11::module_& module);
void bind_stored_planes(pybind11::module_& module);
