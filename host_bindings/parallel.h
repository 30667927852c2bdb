// Rows shared out among threads.
#pragma once

#include <algorithm>
#include <thread>
#include <vector>

namespace vfi {

// Calls body(begin, end) on contiguous shares of [0, count), one share a thread; returns when all are done.
// Each share is written by one thread alone, so results do not depend on how many there are.
// cost: about how many arithmetic operations one of the count is; a thread is not started for less than it costs.
template <typename Body>
void parallel_for(long count, long cost, int threads, const Body& body) {
    constexpr long worth_a_thread = 1L << 18;  // some 30 us of work, what starting and joining one takes
    const long useful = std::max(1L, count * std::max(cost, 1L) / worth_a_thread);
    const long shares = std::clamp<long>(std::min<long>(threads, useful), 1, std::max(count, 1L));
    if (shares == 1) {
        body(0L, count);
        return;
    }
    std::vector<std::thread> workers;
    workers.reserve(shares - 1);
    for (long share = 1; share < shares; ++share) {
        workers.emplace_back([&, share] { body(count * share / shares, count * (share + 1) / shares); });
    }
    body(0L, count / shares);
    for (auto& worker : workers) worker.join();
}

}  // namespace vfi
