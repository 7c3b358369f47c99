# small for Vitis HLS 2020.2 to 2024.1. Made by codesign 0.1.0 from the model sha256:0123456789ab.
# Run in this folder: vitis_hls -f vitis_hls.tcl
# or, with the steps named: vitis_hls -f vitis_hls.tcl "csim csynth cosim export"

set steps {}
if {[info exists ::argv]} {
    foreach word [split [join $::argv " "] " "] {
        if {[lsearch -exact {csim csynth cosim export} $word] >= 0} {
            lappend steps $word
        }
    }
}
if {[llength $steps] == 0} {
    set steps {csim csynth}
}

open_project -reset hls_project
set_top {small}
add_files {src/small.cpp} -cflags "-std=c++11"
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
    export_design -format ip_catalog
}
exit
