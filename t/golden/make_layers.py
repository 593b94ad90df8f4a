"""Writes layers.jsonl: values and gradients of layers that are made of several operations.

Run by hand where PyTorch is installed (python3 t/golden/make_layers.py), as make_golden.py is, whose
rules hold here too.  One case a line:

    layers        as in a model file; the layer to be compared has the name t
    x             the input: [shape, values]
    parameters    by name: [shape, values]
    y, dy         the output: [shape, values]; an upstream gradient of y's shape
    dx            d(sum y dy)/dx
    gradients     the same for each of the parameters
"""
import json
import os

import torch
import torch.nn.functional as F

from make_golden import array, points

cases = []


def case(layers, f, x, **parameters):
    """f(x, **parameters); a name of a parameter is written t_weight here for t.weight."""
    leaves = {"x": x, **parameters}
    leaves = {name: v.detach().clone().requires_grad_() for name, v in leaves.items()}
    y = f(**leaves)
    dy = points(*y.shape)
    grads = dict(zip(leaves, torch.autograd.grad(y, list(leaves.values()), dy)))
    flat = lambda t: t.reshape(-1).tolist()
    dotted = lambda name: name.replace("_", ".", 1)
    cases.append({"layers": layers, "x": array(x),
                  "parameters": {dotted(n): array(v) for n, v in parameters.items()},
                  "y": array(y), "dy": flat(dy), "dx": flat(grads.pop("x")),
                  "gradients": {dotted(n): flat(g) for n, g in grads.items()}})


def convolutions():
    def mathematical(x, t_weight, t_bias):
        """By its definition: y[p] = sum over r of w[r] x[p + R - 1 - r]."""
        k, c, rows, columns = t_weight.shape
        height, width = x.shape[2] - rows + 1, x.shape[3] - columns + 1
        y = t_bias.reshape(1, k, 1, 1)
        for r in range(rows):
            for s in range(columns):
                part = x[:, :, rows - 1 - r:rows - 1 - r + height, columns - 1 - s:columns - 1 - s + width]
                y = y + torch.einsum("nchw,kc->nkhw", part, t_weight[:, :, r, s])
        return y
    case("conv2d: {name: t, filters: 3, kernel: [2, 3], flip: true}", mathematical, points(2, 2, 4, 5),
         t_weight=points(3, 2, 2, 3), t_bias=points(3))
    case("depthwise_conv2d: {name: t, kernel: [3, 2], multiplier: 2, stride: 2, padding: [1, 0], bias: none}",
         lambda x, t_weight: F.conv2d(x, t_weight, stride=2, padding=(1, 0), groups=3), points(2, 3, 5, 4),
         t_weight=points(6, 1, 3, 2))
    case("depthwise_conv2d: {name: t, kernel: 3, padding: same, activation: relu}",
         lambda x, t_weight, t_bias: F.relu(F.conv2d(x, t_weight, t_bias, padding=1, groups=2)),
         points(1, 2, 4, 3), t_weight=points(2, 1, 3, 3), t_bias=points(2))
    case("separable_conv2d: {name: t, filters: 2, kernel: 2, multiplier: 2, dilation: [1, 2]}",
         lambda x, t_depthwise, t_pointwise, t_bias: F.conv2d(
             F.conv2d(x, t_depthwise, groups=3, dilation=(1, 2)), t_pointwise, t_bias),
         points(2, 3, 3, 4), t_depthwise=points(6, 1, 2, 2), t_pointwise=points(2, 6, 1, 1), t_bias=points(2))
    case("conv2d: {name: a, filters: 2, kernel: 3, padding: 1}\n    - tanh\n"
         "    - conv2d: {name: t, share: a, filters: 2, kernel: 3, stride: 2}",
         lambda x, a_weight, a_bias: F.conv2d(torch.tanh(F.conv2d(x, a_weight, a_bias, padding=1)),
                                              a_weight, a_bias, stride=2),
         points(2, 2, 5, 5), a_weight=points(2, 2, 3, 3), a_bias=points(2))


def normalisation():
    for x, groups, epsilon in [((2, 4, 3, 2), 2, 1e-5), ((3, 6), 3, 0.1), ((2, 3, 2, 2), 1, 1e-3)]:
        c = x[1]
        case(f"group_norm: {{name: t, groups: {groups}, epsilon: {epsilon}}}",
             lambda x, t_weight, t_bias: F.group_norm(x, groups, t_weight, t_bias, epsilon),
             points(*x, low=0, high=3), t_weight=points(c), t_bias=points(c))
    case("instance_norm: {name: t}", lambda x, t_weight, t_bias: F.instance_norm(x, None, None, t_weight, t_bias),
         points(2, 3, 3, 2, low=-1, high=4), t_weight=points(3), t_bias=points(3))
    case("instance_norm: {name: t, affine: false, epsilon: 0.01}", lambda x: F.instance_norm(x, eps=0.01),
         points(2, 2, 2, 5))


def slopes():
    case("prelu: {name: t}", lambda x, t_weight: F.prelu(x, t_weight), points(2, 3, 2, 2), t_weight=points(1))
    case("prelu: {name: t, slopes: channels}", lambda x, t_weight: F.prelu(x, t_weight),
         points(2, 3, 2, 2), t_weight=points(3))
    case("prelu: {name: t, slopes: channels}", lambda x, t_weight: F.prelu(x, t_weight),
         torch.zeros(2, 2, dtype=torch.float64), t_weight=points(2))


def images():
    for shape, size in [((2, 2, 6, 4), (3, 2)), ((1, 2, 5, 7), (3, 4)), ((1, 1, 3, 4), (5, 2)),
                        ((1, 2, 6, 5), (2, 3)), ((2, 1, 7, 6), (1, 1))]:
        for op, f in [("avg", F.adaptive_avg_pool2d), ("max", F.adaptive_max_pool2d)]:
            case(f"adaptive_{op}pool2d: {{name: t, size: {list(size)}}}", lambda x: f(x, size), points(*shape))
    for ties in [(1, 1, 5, 7), (1, 1, 4, 7), (1, 1, 5, 6)]:  # the first maximum, row by row
        case("adaptive_maxpool2d: {name: t, size: [2, 3]}", lambda x: F.adaptive_max_pool2d(x, (2, 3)),
             (points(*ties) * 1.5).round())
    for shape, scale in [((2, 2, 3, 4), (2, 2)), ((1, 2, 2, 3), (3, 4)), ((1, 1, 1, 3), (5, 1)),
                         ((1, 3, 2, 2), (1, 7))]:
        case(f"upsample2d: {{name: t, scale: {list(scale)}}}",
             lambda x: F.interpolate(x, scale_factor=scale, mode="nearest"), points(*shape))
        case(f"upsample2d: {{name: t, scale: {list(scale)}, mode: bilinear}}",
             lambda x: F.interpolate(x, scale_factor=scale, mode="bilinear", align_corners=False), points(*shape))
    for shape, r in [((2, 4, 2, 3), 2), ((1, 18, 1, 2), 3)]:
        case(f"pixel_shuffle: {{name: t, factor: {r}}}", lambda x: F.pixel_shuffle(x, r), points(*shape))
    case("identity: {name: a}\n    - conv2d: {name: b, filters: 2, kernel: [3, 2], bias: none}\n"
         "    - mul: {name: t, from: [a, b]}",
         lambda x, b_weight: x * F.conv2d(x, b_weight), points(2, 2, 3, 2), b_weight=points(2, 2, 3, 2))


def main():
    for group in [convolutions, normalisation, slopes, images]:
        group()
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "layers.jsonl")
    with open(path, "w", encoding="ascii") as file:
        for c in cases:
            file.write(json.dumps(c, separators=(",", ":"), allow_nan=False) + "\n")
    print(f"{len(cases)} cases, {os.path.getsize(path)} bytes")


main()
