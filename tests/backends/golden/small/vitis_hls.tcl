# small for Vitis HLS 2020.2 to 2024.1. Made by codesign 0.1.0 from the model sha256:0123456789ab.
# Run in this folder: vitis_hls -f vitis_hls.tcl
# or, with the steps named: vitis_hls -f vitis_hls.tcl "csim csynth cosim export"
# `export` makes an IP with AXI4-Streams, codesign:hls:small:1.0, in hls_project/solution/impl/ip, which runs while
# ap_start is high. With `free_running` among the words it has no ap_start and runs from reset on; that project is
# hls_free_running, the IP in hls_free_running/solution/impl/ip.

set steps {}
if {[info exists ::argv]} {
    foreach word [split [join $::argv " "] " "] {
        if {[lsearch -exact {csim csynth cosim export free_running} $word] >= 0} {
            lappend steps $word
        }
    }
}
set project hls_project
set cflags "-std=c++11"
set free [lsearch -exact $steps free_running]
if {$free >= 0} {
    set project hls_free_running
    append cflags " -DCODESIGN_FREE_RUNNING"
    set steps [lsearch -all -inline -not -exact $steps free_running]
}
if {[llength $steps] == 0} {
    set steps {csim csynth}
}

open_project -reset $project
set_top {small}
add_files {src/small.cpp} -cflags $cflags
add_files -tb {tb/testbench.cpp} -cflags "-std=c++11 -Wno-unknown-pragmas"
add_files -tb {tb/vectors}
open_solution -reset {solution} -flow_target vivado
set_part {xcu50-fsvh2104-2-e}
create_clock -period {5} -name default

if {[lsearch -exact $steps csim] >= 0} {
    csim_design
}
if {[lsearch -exact $steps csynth] >= 0} {
    csynth_design
}
if {[lsearch -exact $steps cosim] >= 0} {
    cosim_design
}
if {[lsearch -exact $steps export] >= 0} {
    set about [list -display_name {small} -description {A network with AXI4-Streams}]
    export_design -format ip_catalog -vendor {codesign} -library {hls} -version {1.0} {*}$about
}
exit
