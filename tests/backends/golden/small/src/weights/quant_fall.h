// A constant memory. Made by codesign 0.1.0 from the model sha256:0123456789ab.
static const codesign::uint<1>::rom quant_fall[1][1] =
{
{0}};
