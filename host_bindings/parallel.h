// Rows shared out among threads.
#pragma once

#include <algorithm>
#include <thread>
#include <vector>

namespace vfi {

// Calls body(begin, end) on contiguous shares of [0, count), one share a thread; returns when all are done.
// Each share is written by one thread alone, so results do not depend on how many there are.
template <typename Body>
void parallel_for(long count, int threads, const Body& body) {
    const long shares = std::clamp<long>(threads, 1, std::max(count, 1L));
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
