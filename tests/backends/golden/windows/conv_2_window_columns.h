// A constant memory. Made by codesign 0.1.0 from the model sha256:0.
static const codesign::uint<6>::rom conv_2_window_columns[9][2] =
{
{2,0},
{3,0},
{3,2},
{3,4},
{3,6},
{3,8},
{3,10},
{3,12},
{2,14}};
