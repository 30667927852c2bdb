#include <pybind11/numpy.h>

#include <string>

#include "bindings.h"
#include "warp.h"

namespace py = pybind11;

namespace {

// c_style without forcecast: an array of another type or layout is refused, never copied behind the caller's back.
using Array = py::array_t<float, py::array::c_style>;

vfi::Shape checked_shape(const Array& image, const Array& flow) {
    if (image.ndim() != 4 || flow.ndim() != 4) throw py::value_error("image and flow must be (N, C, H, W)");
    const vfi::Shape shape{image.shape(0), image.shape(1), image.shape(2), image.shape(3)};
    const bool fits =
        flow.shape(0) == shape.n && flow.shape(1) == 2 && flow.shape(2) == shape.h && flow.shape(3) == shape.w;
    if (!fits) throw py::value_error("flow must be (N, 2, H, W) with the image's N, H and W");
    return shape;
}

void check_target(const Array& image, const Array& out) {
    bool same = out.ndim() == 4 && out.writeable();
    for (int axis = 0; same && axis < 4; ++axis) same = out.shape(axis) == image.shape(axis);
    if (!same) throw py::value_error("out must be writable and of the image's shape");
}

void warp(const Array& image, const Array& flow, Array& out, const std::string& border, const std::string& taps,
          int threads) {
    const vfi::Shape shape = checked_shape(image, flow);
    check_target(image, out);
    const auto edge = border == "clamp" ? vfi::Border::clamp : vfi::Border::zero;
    const auto filter = taps == "cubic" ? vfi::Taps::cubic : vfi::Taps::linear;
    const float *source = image.data(), *motion = flow.data();
    float* target = out.mutable_data();
    const py::gil_scoped_release release;
    vfi::warp(source, motion, target, shape, edge, filter, threads);
}

void splat_sum(const Array& image, const Array& flow, Array& out, int threads) {
    const vfi::Shape shape = checked_shape(image, flow);
    check_target(image, out);
    const float *source = image.data(), *motion = flow.data();
    float* target = out.mutable_data();
    const py::gil_scoped_release release;
    vfi::splat_sum(source, motion, target, shape, threads);
}

}  // namespace

void bind_warp(py::module_& module) {
    module.def("warp", &warp, py::arg("image").noconvert(), py::arg("flow").noconvert(), py::arg("out").noconvert(),
               py::arg("border"), py::arg("taps"), py::arg("threads"),
               "Backward warp of (N, C, H, W) float32 by flow (N, 2, H, W) in pixels, into out.");
    module.def("splat_sum", &splat_sum, py::arg("image").noconvert(), py::arg("flow").noconvert(),
               py::arg("out").noconvert(), py::arg("threads"),
               "Forward warp: adds (N, C, H, W) float32 into out, which the caller has zeroed.");
}
