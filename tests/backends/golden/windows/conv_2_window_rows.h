// A constant memory. Made by codesign 0.1.0 from the model sha256:0.
static const codesign::uint<6>::rom conv_2_window_rows[4][2] =
{
{2,0},
{3,0},
{3,18},
{2,36}};
