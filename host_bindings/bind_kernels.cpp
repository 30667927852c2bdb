#include <pybind11/numpy.h>

#include <array>
#include <string>

#include "bindings.h"
#include "levels.h"

namespace py = pybind11;

namespace {

using Array = py::array;
using vfi::Origin;
using vfi::Tensor;

// A view of the array's memory as it lies, whatever its strides. Shapes were checked in Python.
Tensor tensor(const Array& array) {
    if (array.ndim() != 4) throw py::value_error("an array must have four axes: N, C, H, W");
    const bool is_float = array.dtype().kind() == 'f' && (array.itemsize() == 4 || array.itemsize() == 2);
    if (!is_float) throw py::value_error("an array must be float32 or float16");
    Tensor view{
        const_cast<void*>(array.data()), array.itemsize() == 4 ? vfi::Storage::float32 : vfi::Storage::float16, {}, {}};
    for (int axis = 0; axis < 4; ++axis) {
        if (array.strides(axis) % array.itemsize()) throw py::value_error("strides must be whole elements");
        view.size[axis] = array.shape(axis);
        view.stride[axis] = array.strides(axis) / array.itemsize();
    }
    return view;
}

Tensor target(const Array& array) {
    if (!array.writeable()) throw py::value_error("the array to be written is read-only");
    return tensor(array);
}

Tensor rows_of_floats(const Array& array) {
    const Tensor view = tensor(array);
    if (!view.rows_are_floats()) throw py::value_error("the rows of an array must be float32 without gaps");
    return view;
}

Tensor written_rows(const Array& array) {
    target(array);
    return rows_of_floats(array);
}

bool has_size(const Tensor& tensor, long n, long c, long h, long w) {
    return tensor.n() == n && tensor.c() == c && tensor.h() == h && tensor.w() == w;
}

bool are_cells(const vfi::CellMotion& cells, long h, long w) {
    return h > 0 && w > 0 && has_size(cells.before, 1, 1, h, w) && has_size(cells.after, 1, 1, h, w) &&
           has_size(cells.forward, 1, 2, h, w) && has_size(cells.backward, 1, 2, h, w);
}

// A gradient that may not be wanted.
class Wanted {
  public:
    explicit Wanted(const py::object& array) : wanted_(!array.is_none()) {
        if (wanted_) view_ = target(array.cast<Array>());
    }
    const Tensor* get() const { return wanted_ ? &view_ : nullptr; }

  private:
    bool wanted_;
    Tensor view_{};
};

// Calls an operation with the GIL released; everything that touches Python is done before.
template <typename Work>
void run(const Work& work) {
    const py::gil_scoped_release release;
    work();
}

void bind_warps(py::module_& module) {
    module.def("patch_search", [](const Array& first, const Array& second, const Array& before, const Array& after,
                                  const Array& forward, const Array& backward, int threads) {
        const Tensor f = tensor(first), s = tensor(second);
        const vfi::CellMotion cells{written_rows(before), written_rows(after), written_rows(forward),
                                    written_rows(backward)};
        const bool fits = has_size(f, 1, 3, f.h(), f.w()) && has_size(s, 1, 3, f.h(), f.w());
        if (!fits || !are_cells(cells, (f.h() + 3) / 4, (f.w() + 3) / 4)) {
            throw py::value_error("images or cells of the wrong size");
        }
        run([&] { VFI_CALL(patch_search, f, s, cells, threads); });
    });
    module.def("both_ways", [](const Array& before, const Array& after, const Array& forward, const Array& backward,
                               float t, const Array& flow_0, const Array& flow_1, const Array& weight, int threads) {
        const vfi::CellMotion cells{tensor(before), tensor(after), tensor(forward), tensor(backward)};
        const vfi::BlockMotion out{target(flow_0), target(flow_1), target(weight), 1};
        const long h = cells.before.h(), w = cells.before.w();
        const bool fits = has_size(out.flow_0, 1, 2, h, w) && has_size(out.flow_1, 1, 2, h, w);
        if (!fits || !has_size(out.weight, 1, 1, h, w) || !are_cells(cells, h, w)) {
            throw py::value_error("fields of unlike sizes");
        }
        run([&] { VFI_CALL(both_ways, cells, t, out, threads); });
    });
    module.def("enlarged_mix", [](const Array& image_0, const Array& image_1, const Array& flow_0, const Array& flow_1,
                                  const Array& weight, const Array& out, long factor, int threads) {
        target(out);
        const Tensor first = rows_of_floats(image_0), second = rows_of_floats(image_1), o = rows_of_floats(out);
        const vfi::BlockMotion motion{rows_of_floats(flow_0), rows_of_floats(flow_1), rows_of_floats(weight), factor};
        const auto has = [&](const Tensor& t, long channels, long h, long w) {
            return t.n() == o.n() && t.c() == channels && t.h() == h && t.w() == w;
        };
        const long down = motion.weight.h(), across = motion.weight.w();
        const bool images_fit = has(first, o.c(), o.h(), o.w()) && has(second, o.c(), o.h(), o.w());
        const bool blocks_fit = has(motion.flow_0, 2, down, across) && has(motion.flow_1, 2, down, across) &&
                                has(motion.weight, 1, down, across) && factor > 0 && factor % 2 == 0;
        if (!images_fit || !blocks_fit || down * factor < o.h() || across * factor < o.w() || o.h() * o.w() < 1) {
            throw py::value_error("images, flows or weights of the wrong size");
        }
        run([&] { VFI_CALL(enlarged_mix, first, second, motion, o, threads); });
    });
    module.def("warp", [](const Array& image, const Array& flow, const Array& out, bool zero, int taps, int threads) {
        const Tensor i = tensor(image), f = tensor(flow), o = target(out);
        run([&] { VFI_CALL(warp, i, f, o, zero, taps, threads); });
    });
    module.def("warp_backward", [](const Array& gradient, const Array& image, const Array& flow, const py::object& di,
                                   const py::object& df, bool zero, int threads) {
        const Tensor g = tensor(gradient), i = tensor(image), f = tensor(flow);
        const Wanted to_image(di), to_flow(df);
        run([&] { VFI_CALL(warp_backward, g, i, f, to_image.get(), to_flow.get(), zero, threads); });
    });
    module.def("filter_warp",
               [](const Array& image, const Array& flow, const Array& kernels, const Array& out, int threads) {
                   const Tensor i = tensor(image), f = tensor(flow), k = tensor(kernels), o = target(out);
                   run([&] { VFI_CALL(filter_warp, i, f, k, o, threads); });
               });
    module.def(
        "filter_warp_backward", [](const Array& gradient, const Array& image, const Array& flow, const Array& kernels,
                                   const py::object& di, const py::object& df, const py::object& dk, int threads) {
            const Tensor g = tensor(gradient), i = tensor(image), f = tensor(flow), k = tensor(kernels);
            const Wanted to_i(di), to_f(df), to_k(dk);
            run([&] { VFI_CALL(filter_warp_backward, g, i, f, k, to_i.get(), to_f.get(), to_k.get(), threads); });
        });
}

void bind_throws(py::module_& module) {
    module.def("splat_sum", [](const Array& image, const Array& flow, const Array& out, int threads) {
        const Tensor i = tensor(image), f = tensor(flow), o = target(out);
        run([&] { VFI_CALL(splat_sum, i, f, o, threads); });
    });
    module.def("splat_mean", [](const Array& image, const Array& flow, const Array& weight, const Array& out,
                                bool exponential, float epsilon, int threads) {
        const Tensor i = tensor(image), f = tensor(flow), w = tensor(weight), o = target(out);
        run([&] { VFI_CALL(splat_mean, i, f, w, o, exponential, epsilon, threads); });
    });
    module.def("splat_sum_backward", [](const Array& gradient, const Array& image, const Array& flow,
                                        const py::object& di, const py::object& df, int threads) {
        const Tensor g = tensor(gradient), i = tensor(image), f = tensor(flow);
        const Wanted to_image(di), to_flow(df);
        run([&] { VFI_CALL(splat_sum_backward, g, i, f, to_image.get(), to_flow.get(), threads); });
    });
    module.def("project_flow",
               [](const Array& flow, const Array& depth, const Array& out, const Array& count, bool fill, int threads) {
                   const Tensor f = tensor(flow), d = tensor(depth), o = target(out), c = target(count);
                   run([&] { VFI_CALL(project_flow, f, d, o, c, fill, threads); });
               });
    module.def(
        "project_flow_backward", [](const Array& gradient, const Array& flow, const Array& depth, const Array& out,
                                    const Array& count, const py::object& df, const py::object& dd, int threads) {
            const Tensor g = tensor(gradient), f = tensor(flow), d = tensor(depth), o = tensor(out), c = tensor(count);
            const Wanted to_flow(df), to_depth(dd);
            run([&] { VFI_CALL(project_flow_backward, g, f, d, o, c, to_flow.get(), to_depth.get(), threads); });
        });
}

void bind_convolutions(py::module_& module) {
    module.def("separable_conv",
               [](const Array& image, const Array& vertical, const Array& horizontal, const Array& out, int threads) {
                   const Tensor i = tensor(image), v = tensor(vertical), h = tensor(horizontal), o = target(out);
                   run([&] { VFI_CALL(separable_conv, i, v, h, o, threads); });
               });
    module.def("separable_conv_backward", [](const Array& gradient, const Array& image, const Array& vertical,
                                             const Array& horizontal, const py::object& di, const py::object& dv,
                                             const py::object& dh, int threads) {
        const Tensor g = tensor(gradient), i = tensor(image), v = tensor(vertical), h = tensor(horizontal);
        const Wanted to_i(di), to_v(dv), to_h(dh);
        run([&] { VFI_CALL(separable_conv_backward, g, i, v, h, to_i.get(), to_v.get(), to_h.get(), threads); });
    });
    module.def("adaptive_conv", [](const Array& image_0, const Array& image_1, const Array& logits, const Array& out,
                                   const Array& log_sum, long size, long row, long column, int threads) {
        const Origin origin{row, column};
        const Tensor i = tensor(image_0), j = tensor(image_1), l = tensor(logits), o = target(out), s = target(log_sum);
        run([&] { VFI_CALL(adaptive_conv, i, j, l, o, s, size, origin, threads); });
    });
    module.def("adaptive_conv_backward", [](const Array& gradient, const Array& image_0, const Array& image_1,
                                            const Array& logits, const Array& out, const Array& log_sum,
                                            const py::object& d0, const py::object& d1, const py::object& dl, long size,
                                            long row, long column, int threads) {
        const Tensor g = tensor(gradient), l = tensor(logits), o = tensor(out), s = tensor(log_sum);
        const std::array<Tensor, 2> images{tensor(image_0), tensor(image_1)};
        const Wanted to_0(d0), to_1(d1), to_l(dl);
        const std::array<const Tensor*, 2> to{to_0.get(), to_1.get()};
        const Origin origin{row, column};
        run([&] {
            VFI_CALL(adaptive_conv_backward, g, images.data(), l, o, s, to.data(), to_l.get(), size, origin, threads);
        });
    });
    module.def("correlation", [](const Array& a, const Array& b, const Array& out, long radius, int threads) {
        const Tensor left = tensor(a), right = tensor(b), o = target(out);
        run([&] { VFI_CALL(correlation, left, right, o, radius, threads); });
    });
    module.def("correlation_backward", [](const Array& gradient, const Array& a, const Array& b, const py::object& da,
                                          const py::object& db, long radius, int threads) {
        const Tensor g = tensor(gradient), left = tensor(a), right = tensor(b);
        const Wanted to_a(da), to_b(db);
        run([&] { VFI_CALL(correlation_backward, g, left, right, to_a.get(), to_b.get(), radius, threads); });
    });
}

}  // namespace

void bind_kernels(py::module_& module) {
    bind_warps(module);
    bind_throws(module);
    bind_convolutions(module);
    py::enum_<vfi::Level>(module, "Level", "Levels of vector instructions that the kernels are compiled for.")
        .value("baseline", vfi::Level::baseline)
        .value("avx2", vfi::Level::avx2)
        .value("avx512", vfi::Level::avx512);
    module.def("level", &vfi::level, "The level in use: the processor's best, or less where limit_level says so.");
    module.def("limit_level", &vfi::limit_level, "Uses no more than this level from now on; for tests and benchmarks.");
}
