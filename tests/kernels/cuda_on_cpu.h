// Lets a .cu file be compiled as C++ and run on a CPU, small and slow: included in front of it by test_cuda_on_cpu.py.
//
// A block's threads run one after the other, so atomics need nothing and a run is the same each time. Where a file has
// barriers (VFI_BARRIERS) they are coroutines: at a barrier each gives way until all have come, and a thread that ends
// while others wait is an error, as it hangs a GPU. Every place that a kernel computes is checked against its tensor's
// sizes.
#pragma once

#include <ucontext.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <tuple>
#include <utility>
#include <vector>

#define VFI_ON_CPU 1
#define __device__
#define __global__
#define __shared__ static
#define __launch_bounds__(...)
#define __align__(bytes) __attribute__((aligned(bytes)))

struct Dim3 {
    unsigned x = 1, y = 1, z = 1;
};

static Dim3 gridDim, blockDim, blockIdx, threadIdx;

struct alignas(16) float4 {
    float x, y, z, w;
};

struct alignas(8) ushort4 {
    unsigned short x, y, z, w;
};

using std::max;
using std::min;

// ---- failures -----------------------------------------------------------------------------------------------------

static char failure[256];

template <typename... Values>
void fail(const char* format, Values... values) {
    if (!failure[0]) std::snprintf(failure, sizeof failure, format, values...);
}

#define VFI_CHECK_PLACE(t, n_, c_, y_, x_)                                                                             \
    if ((n_) < 0 || (c_) < 0 || (y_) < 0 || (x_) < 0 || (n_) >= (t).size[0] || (c_) >= (t).size[1] ||                  \
        (y_) >= (t).size[2] || (x_) >= (t).size[3])                                                                    \
    fail("place (%d, %d, %d, %d) is outside (%d, %d, %d, %d)", int(n_), int(c_), int(y_), int(x_), (t).size[0],        \
         (t).size[1], (t).size[2], (t).size[3])

// ---- what the device has built in ---------------------------------------------------------------------------------

inline float __int_as_float(int bits) {
    float value;
    std::memcpy(&value, &bits, sizeof value);
    return value;
}

inline int __float_as_int(float value) {
    int bits;
    std::memcpy(&bits, &value, sizeof bits);
    return bits;
}

inline float __expf(float x) { return std::exp(x); }

template <typename T, typename Value>
void atomicAdd(T* at, Value value) {
    *at += value;
}
inline void atomicMax(unsigned* at, unsigned value) { *at = std::max(*at, value); }
inline void atomicOr(unsigned* at, unsigned value) { *at |= value; }

// Half precision by the compiler's own type: another form than the device's and than host_bindings/half.h.
inline float float_of_half(unsigned short bits) {
    _Float16 half;
    std::memcpy(&half, &bits, sizeof half);
    return static_cast<float>(half);
}

inline unsigned short half_of_float(float value) {
    const _Float16 half = static_cast<_Float16>(value);
    unsigned short bits;
    std::memcpy(&bits, &half, sizeof bits);
    return bits;
}

// ---- blocks of threads --------------------------------------------------------------------------------------------

struct Thread {
    ucontext_t context;
    std::vector<char> stack;
    Dim3 index;
    bool ended = false;
};

static ucontext_t scheduler;
static Thread* running;
static void (*body)(void*);
static void* body_arguments;

static void enter() {
    body(body_arguments);
    running->ended = true;
    swapcontext(&running->context, &scheduler);
}

inline void __syncthreads() { swapcontext(&running->context, &scheduler); }

static void start(Thread& thread) {
    thread.stack.resize(64 << 10);
    thread.ended = false;
    getcontext(&thread.context);
    thread.context.uc_stack.ss_sp = thread.stack.data();
    thread.context.uc_stack.ss_size = thread.stack.size();
    thread.context.uc_link = nullptr;
    makecontext(&thread.context, enter, 0);
}

// Runs all threads to the next barrier or their end; returns how many have ended.
static std::size_t advance(std::vector<Thread>& threads) {
    std::size_t ended = 0;
    for (Thread& thread : threads) {
        running = &thread;
        threadIdx = thread.index;
        swapcontext(&scheduler, &thread.context);
        ended += thread.ended;
    }
    return ended;
}

static void run_block(std::vector<Thread>& threads) {
#if !defined(VFI_BARRIERS)
    for (const Thread& thread : threads) {
        threadIdx = thread.index;
        body(body_arguments);
    }
    return;
#endif
    for (Thread& thread : threads) start(thread);
    std::size_t ended = 0;
    while (ended == 0) ended = advance(threads);
    if (ended != threads.size()) fail("%d threads ended while others wait at a barrier", int(ended));
}

static std::vector<Thread> make_threads() {
    std::vector<Thread> threads(blockDim.x * blockDim.y * blockDim.z);
    for (unsigned k = 0; k < threads.size(); ++k) {
        threads[k].index = {k % blockDim.x, k / blockDim.x % blockDim.y, k / (blockDim.x * blockDim.y)};
    }
    return threads;
}

// ---- calling a kernel with arguments as cuLaunchKernel takes them: an address each ---------------------------------

template <typename... Parameters>
struct Call {
    void (*kernel)(Parameters...);
    void** arguments;

    template <std::size_t... I>
    void unpack(std::index_sequence<I...>) const {
        kernel(*static_cast<std::remove_cv_t<Parameters>*>(arguments[I])...);
    }
    static void run(void* self) { static_cast<Call*>(self)->unpack(std::index_sequence_for<Parameters...>{}); }
};

// sizes: grid x, y, z, block x, y, z. Returns what went wrong, or an empty text.
template <typename... Parameters>
const char* call_kernel(void (*kernel)(Parameters...), void** arguments, const int* sizes) {
    failure[0] = 0;
    gridDim = {unsigned(sizes[0]), unsigned(sizes[1]), unsigned(sizes[2])};
    blockDim = {unsigned(sizes[3]), unsigned(sizes[4]), unsigned(sizes[5])};
    Call<Parameters...> call{kernel, arguments};
    body = &Call<Parameters...>::run;
    body_arguments = &call;
    std::vector<Thread> threads = make_threads();
    for (blockIdx.z = 0; blockIdx.z < gridDim.z; ++blockIdx.z) {
        for (blockIdx.y = 0; blockIdx.y < gridDim.y; ++blockIdx.y) {
            for (blockIdx.x = 0; blockIdx.x < gridDim.x; ++blockIdx.x) run_block(threads);
        }
    }
    return failure;
}
