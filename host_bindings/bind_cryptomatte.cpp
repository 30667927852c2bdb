#include <pybind11/numpy.h>

#include <algorithm>
#include <initializer_list>

#include "bindings.h"
#include "cryptomatte.h"

namespace py = pybind11;

namespace {

using Ids = py::array_t<std::uint32_t, py::array::c_style>;
using Floats = py::array_t<float, py::array::c_style>;

bool is(const py::array& array, std::initializer_list<long> shape) {
    if (array.ndim() != static_cast<long>(shape.size())) return false;
    return std::equal(shape.begin(), shape.end(), array.shape());
}

py::tuple resample_ranked(const Ids& ids, const Floats& coverage, const Floats& flows, const Floats& weight_0,
                          int threads) {
    if (ids.ndim() != 4) throw py::value_error("ids must be (2, ranks, H, W)");
    const vfi::CryptoShape shape{ids.shape(1), ids.shape(2), ids.shape(3)};
    if (!is(ids, {2, shape.ranks, shape.h, shape.w}) || !is(coverage, {2, shape.ranks, shape.h, shape.w}) ||
        !is(flows, {2, 2, shape.h, shape.w}) || !is(weight_0, {shape.h, shape.w})) {
        throw py::value_error(
            "ids and coverage must be (2, ranks, H, W), flows (2, 2, H, W), weight_0 (H, W), all of one H and W");
    }
    Ids out_ids({shape.ranks, shape.h, shape.w});
    Floats out_coverage({shape.ranks, shape.h, shape.w});
    const long lists = shape.ranks * shape.h * shape.w;
    const vfi::CryptoSource first{ids.data(), coverage.data(), flows.data()};
    const vfi::CryptoSource second{first.ids + lists, first.coverage + lists, first.flow + 2 * shape.h * shape.w};
    const float* weights = weight_0.data();
    std::uint32_t* id_target = out_ids.mutable_data();
    float* coverage_target = out_coverage.mutable_data();
    {
        const py::gil_scoped_release release;
        vfi::resample_ranked(first, second, weights, id_target, coverage_target, shape, threads);
    }
    return py::make_tuple(out_ids, out_coverage);
}

}  // namespace

void bind_cryptomatte(py::module_& module) {
    module.def("resample_ranked", &resample_ranked, py::arg("ids").noconvert(), py::arg("coverage").noconvert(),
               py::arg("flows").noconvert(), py::arg("weight_0").noconvert(), py::arg("threads"),
               "Cryptomatte lists (2, ranks, H, W) of two frames -> (ranks, H, W) at the time the flows lead from.");
}
