// A constant memory. Made by codesign 0.1.0 from the model sha256:0123456789ab.
static const codesign::sint<3>::rom dense_1_weights[2][8] =
{
{1,-4,2,0,-2,3,2,1},
{3,1,-1,-2,0,2,-3,3}};
