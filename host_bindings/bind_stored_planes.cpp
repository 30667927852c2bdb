#include <pybind11/numpy.h>

#include <cstdint>

#include "bindings.h"
#include "levels.h"

namespace py = pybind11;

namespace {

using Halves = py::array_t<std::uint16_t>;
using Floats = py::array_t<float, py::array::c_style>;
using Bytes = py::array_t<std::uint8_t, py::array::c_style>;

void half_block_means(const Halves& plane, long factor, Floats& means) {
    if (plane.ndim() != 2 || means.ndim() != 2) throw py::value_error("plane and means must have two dimensions");
    if (plane.strides(1) != 2 || plane.strides(0) % 2) throw py::value_error("a row's halves must lie side by side");
    if (factor < 1) throw py::value_error("the factor must be 1 or more");
    const long rows = means.shape(0), columns = means.shape(1);
    if (rows > plane.shape(0) / factor || columns > plane.shape(1) / factor) {
        throw py::value_error("the plane has fewer blocks than there are means");
    }
    if (!means.writeable()) throw py::value_error("the means are read-only");
    const vfi::HalfPlane source{plane.data(), static_cast<long>(plane.strides(0)) / 2};
    float* target = means.mutable_data();
    const py::gil_scoped_release release;
    VFI_CALL(half_block_means, source, rows, columns, factor, target);
}

std::uint64_t checksum(const Bytes& bytes) {
    const unsigned char* first = bytes.data();
    const long count = bytes.size();
    const py::gil_scoped_release release;
    return VFI_CALL(checksum, first, count);
}

}  // namespace

void bind_stored_planes(py::module_& module) {
    module.def(
        "half_block_means", &half_block_means, py::arg("plane").noconvert(), py::arg("factor"),
        py::arg("means").noconvert(),
        "Writes the means of blocks of a plane (H, W) of halves, given as uint16; the plane may be a part of one.");
    module.def("checksum", &checksum, py::arg("bytes").noconvert(),
               "Of bytes in a row, 64 bits: the same on every machine, and with any change another, but for chance.");
}
