// How many objects of the in-process device exist: a host that has released the card has none.
#ifndef CODESIGN_DEVICE_OPEN_HPP
#define CODESIGN_DEVICE_OPEN_HPP

namespace codesign {
namespace device {

struct Open {
    int devices, buffers, kernels, runs;
};

Open open();

}  // namespace device
}  // namespace codesign

#endif
