// What a scan needs of a plane as it is stored, without a float copy of it.
#pragma once

namespace vfi {

// Halves by rows; stride in halves from row to row.
struct HalfPlane {
    const unsigned short* first;
    long stride;
};

}  // namespace vfi
