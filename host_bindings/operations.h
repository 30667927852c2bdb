// The operations, as vfi_plugin.kernels documents them. Included once for every level of vector instructions, each time
// inside a namespace of its own: no guard on purpose. Tensors are checked by the caller; outputs need not be cleared.

// taps: 2 (bilinear) or 4 (Catmull-Rom held inside the range of the nearest pixels).
void warp(const Tensor& image, const Tensor& flow, const Tensor& out, bool zero_border, int taps, int threads);
// Gradients are null where nobody wants them.
void warp_backward(const Tensor& gradient, const Tensor& image, const Tensor& flow, const Tensor* image_gradient,
                   const Tensor* flow_gradient, bool zero_border, int threads);

// Both frames moved by flows that are enlarged first (bilinear), sampled by Catmull-Rom as above, and mixed. Images and
// out: (N, C, H, W), rows of float; out in memory of its own. The blocks cover at least H x W pixels.
void enlarged_mix(const Tensor& image_0, const Tensor& image_1, const BlockMotion& motion, const Tensor& out,
                  int threads);

// Flow between two guides in both directions as seen from t between them.
void both_ways(const CellMotion& cells, float t, const BlockMotion& out, int threads);

void splat_sum(const Tensor& image, const Tensor& flow, const Tensor& out, int threads);
void splat_sum_backward(const Tensor& gradient, const Tensor& image, const Tensor& flow, const Tensor* image_gradient,
                        const Tensor* flow_gradient, int threads);
// Weighted by weight or its exponential, divided by the weights' sum plus epsilon.
void splat_mean(const Tensor& image, const Tensor& flow, const Tensor& weight, const Tensor& out, bool exponential,
                float epsilon, int threads);

void project_flow(const Tensor& flow, const Tensor& depth, const Tensor& out, const Tensor& count, bool fill_holes,
                  int threads);
void project_flow_backward(const Tensor& gradient, const Tensor& flow, const Tensor& depth, const Tensor& out,
                           const Tensor& count, const Tensor* flow_gradient, const Tensor* depth_gradient, int threads);

void filter_warp(const Tensor& image, const Tensor& flow, const Tensor& kernels, const Tensor& out, int threads);
void filter_warp_backward(const Tensor& gradient, const Tensor& image, const Tensor& flow, const Tensor& kernels,
                          const Tensor* image_gradient, const Tensor* flow_gradient, const Tensor* kernel_gradient,
                          int threads);

void separable_conv(const Tensor& image, const Tensor& vertical, const Tensor& horizontal, const Tensor& out,
                    int threads);
void separable_conv_backward(const Tensor& gradient, const Tensor& image, const Tensor& vertical,
                             const Tensor& horizontal, const Tensor* image_gradient, const Tensor* vertical_gradient,
                             const Tensor* horizontal_gradient, int threads);

// origin: of the logits and the result in the images. log_sum: (N, 1, H, W), the logarithm of the sum of the logits'
// exponentials.
void adaptive_conv(const Tensor& image_0, const Tensor& image_1, const Tensor& logits, const Tensor& out,
                   const Tensor& log_sum, long size, const Origin& origin, int threads);
void adaptive_conv_backward(const Tensor& gradient, const Tensor* images, const Tensor& logits, const Tensor& out,
                            const Tensor& log_sum, const Tensor* const* image_gradients, const Tensor* logit_gradient,
                            long size, const Origin& origin, int threads);

void correlation(const Tensor& a, const Tensor& b, const Tensor& out, long radius, int threads);
void correlation_backward(const Tensor& gradient, const Tensor& a, const Tensor& b, const Tensor* a_gradient,
                          const Tensor* b_gradient, long radius, int threads);

// Both of one size. Integers are rounded to the nearest code. What the target's type cannot hold becomes its nearest
// value, NaN the integer 0; the caller asks first how many there are. Half and float keep NaN and Inf.
void convert_pixels(const Pixels& source, const Pixels& target, int threads);
// The same; counts what count_unrepresentable does.
long clip_pixels(const Pixels& source, const Pixels& target, int threads);
// Values outside [0, 1], NaN too, for integers; finite values that would round to Inf for half; none for float.
long count_unrepresentable(const Pixels& source, PixelType type, int threads);

// count values; the two arrays do not overlap.
void bend_values(const float* values, long count, const GuideCurve& curve, float* guide, int threads);
// count pixels of three values each, one after another; matrix: 3 x 3, by rows, to linear Rec. 709 light.
void guide_of_pixels(const float* pixels, long count, const float* matrix, const GuideCurve& curve, float* guide,
                     int threads);

// Flow between two guides in both directions, of each cell of 4 x 4 px. Guides: (1, 3, H, W), RGB in [0, 1]; cells are
// written.
void patch_search(const Tensor& first, const Tensor& second, const CellMotion& cells, int threads);

// Means of rows x columns blocks of factor x factor halves. Sums are made in one order, so the bits are the same at
// every level; a block that holds NaN or Inf has no finite mean.
void half_block_means(const HalfPlane& plane, long rows, long columns, long factor, float* means);
// The rounds are those of xxHash (Collet 2012), in 32 lanes at a time.
std::uint64_t checksum(const unsigned char* bytes, long count);
