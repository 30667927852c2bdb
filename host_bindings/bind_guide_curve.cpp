#include <pybind11/numpy.h>

#include "bindings.h"
#include "levels.h"

namespace py = pybind11;

namespace {

using Floats = py::array_t<float, py::array::c_style>;

// In the order of vfi::GuideCurve.
vfi::GuideCurve curve_of(const Floats& constants) {
    if (constants.ndim() != 1 || constants.size() != 14) throw py::value_error("a curve has 14 constants");
    const float* at = constants.data();
    return {at[0], at[1], at[2], at[3], at[4], at[5], {at[6], at[7], at[8]}, {at[9], at[10], at[11]}, at[12], at[13]};
}

void check_pair(const Floats& source, const Floats& target) {
    if (source.size() != target.size()) throw py::value_error("source and target must have as many values");
    if (!target.writeable()) throw py::value_error("the target is read-only");
}

void bend_values(const Floats& values, const Floats& constants, Floats& guide, int threads) {
    check_pair(values, guide);
    const vfi::GuideCurve curve = curve_of(constants);
    float* target = guide.mutable_data();
    const float* source = values.data();
    const long count = values.size();
    const py::gil_scoped_release release;
    VFI_CALL(bend_values, source, count, curve, target, threads);
}

void guide_of_pixels(const Floats& pixels, const Floats& matrix, const Floats& constants, Floats& guide, int threads) {
    check_pair(pixels, guide);
    if (pixels.ndim() != 2 || pixels.shape(1) != 3) throw py::value_error("pixels must be (N, 3)");
    if (matrix.size() != 9) throw py::value_error("the matrix must be 3 x 3");
    const vfi::GuideCurve curve = curve_of(constants);
    float* target = guide.mutable_data();
    const float *source = pixels.data(), *shares = matrix.data();
    const long count = pixels.shape(0);
    const py::gil_scoped_release release;
    VFI_CALL(guide_of_pixels, source, count, shares, curve, target, threads);
}

}  // namespace

void bind_guide_curve(py::module_& module) {
    // Nothing is converted on the way in: a copy of another type would be written in vain.
    module.def("bend_values", &bend_values, py::arg("values").noconvert(), py::arg("constants").noconvert(),
               py::arg("guide").noconvert(), py::arg("threads"),
               "Writes the guide values of scene-linear light, float32 of any one shape.");
    module.def("guide_of_pixels", &guide_of_pixels, py::arg("pixels").noconvert(), py::arg("matrix").noconvert(),
               py::arg("constants").noconvert(), py::arg("guide").noconvert(), py::arg("threads"),
               "Writes the guide (N, 3) of pixels (N, 3): made finite, brought to Rec. 709 by a matrix, bent.");
}
