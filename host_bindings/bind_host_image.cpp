#include <pybind11/numpy.h>

#include <algorithm>

#include "bindings.h"
#include "levels.h"

namespace py = pybind11;

namespace {

using vfi::Pixels;
using vfi::PixelType;

PixelType pixel_type(const py::dtype& type) {
    const bool is_native = type.byteorder() == '=' || type.byteorder() == '|';
    if (is_native && type.kind() == 'u' && type.itemsize() == 1) return PixelType::uint8;
    if (is_native && type.kind() == 'u' && type.itemsize() == 2) return PixelType::uint16;
    if (is_native && type.kind() == 'f' && type.itemsize() == 2) return PixelType::float16;
    if (is_native && type.kind() == 'f' && type.itemsize() == 4) return PixelType::float32;
    throw py::value_error("pixels must be uint8, uint16, float16 or float32 in this machine's byte order");
}

Pixels pixels(const py::array& array) {
    if (array.ndim() != 3) throw py::value_error("pixels must have three axes: C, H, W");
    Pixels view{static_cast<unsigned char*>(const_cast<void*>(array.data())), pixel_type(array.dtype()), {}, {}};
    for (int axis = 0; axis < 3; ++axis) {
        if (array.shape(axis) < 1) throw py::value_error("no axis of pixels may be empty");
        view.size[axis] = array.shape(axis);
        view.stride[axis] = array.strides(axis);
    }
    return view;
}

Pixels written_pixels(const py::array& target, const Pixels& source) {
    if (!target.writeable()) throw py::value_error("the pixels to be written are read-only");
    const Pixels to = pixels(target);
    if (!std::equal(source.size, source.size + 3, to.size)) throw py::value_error("both must have one C, H and W");
    return to;
}

void convert_pixels(const py::array& source, const py::array& target, int threads) {
    const Pixels from = pixels(source), to = written_pixels(target, from);
    const py::gil_scoped_release release;
    VFI_CALL(convert_pixels, from, to, threads);
}

long clip_pixels(const py::array& source, const py::array& target, int threads) {
    const Pixels from = pixels(source), to = written_pixels(target, from);
    const py::gil_scoped_release release;
    return VFI_CALL(clip_pixels, from, to, threads);
}

long count_unrepresentable(const py::array& source, const py::dtype& type, int threads) {
    const Pixels from = pixels(source);
    const PixelType wanted = pixel_type(type);
    const py::gil_scoped_release release;
    return VFI_CALL(count_unrepresentable, from, wanted, threads);
}

}  // namespace

void bind_host_image(py::module_& module) {
    module.def("convert_pixels", &convert_pixels, py::arg("source"), py::arg("target"), py::arg("threads"),
               "Copies (C, H, W) to (C, H, W), each of any strides, as uint8, uint16, float16 or float32.");
    module.def("clip_pixels", &clip_pixels, py::arg("source"), py::arg("target"), py::arg("threads"),
               "The same; returns how many of the values have no counterpart in the target's type.");
    module.def("count_unrepresentable", &count_unrepresentable, py::arg("source"), py::arg("type"), py::arg("threads"),
               "How many of the values (C, H, W) have no counterpart in a type.");
}
