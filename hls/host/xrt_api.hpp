// The headers of XRT's native API: in xrt/ since XRT 2.11 (2021.1), in experimental/ before (2020.2).
#ifndef CODESIGN_HOST_XRT_API_HPP
#define CODESIGN_HOST_XRT_API_HPP

#if __has_include(<xrt/xrt_kernel.h>)
#include <xrt/xrt_bo.h>
#include <xrt/xrt_device.h>
#include <xrt/xrt_kernel.h>
#else
#include <experimental/xrt_bo.h>
#include <experimental/xrt_device.h>
#include <experimental/xrt_kernel.h>
#endif

#endif
