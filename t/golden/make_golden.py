"""Writes cases.jsonl: values and gradients of every operation that PyTorch can express.

Run by hand where PyTorch is installed (python3 t/golden/make_golden.py); the result is kept in the
repository, so that the tests need no PyTorch.  Everything is float64 and seeded.  One case a line:

    op, attrs     by the names of cnngraph's attribute tables
    x             the inputs: [shape, values]
    y             the output: [shape, values]
    dy            an upstream gradient of y's shape
    dx            for each input d(sum y dy)/dx, or null where it has none

Inputs and dy are distinct points of a coarse decimal grid, so that they are short to write, exact
to read, and free of ties; what is computed has 17 digits.
"""
import json
import os

import torch
import torch.nn.functional as F

random = torch.Generator().manual_seed(20)
cases = []


def points(*shape, low=-1.0, high=1.0):
    """Distinct points spread over (low, high), none of them 0 or a tie."""
    n = int(torch.tensor(shape).prod()) if shape else 1
    order = torch.randperm(n, generator=random).double()
    grid = low + (high - low) * (order + 0.37) / n
    decimals = 4 if n < 2000 else 6
    return torch.tensor([round(v, decimals) for v in grid.tolist()], dtype=torch.float64).reshape(shape)


def whole(*shape, below):
    return torch.randint(0, below, shape, generator=random).double()


def tensor(*values):
    return torch.tensor(values, dtype=torch.float64)


def array(t):
    return [list(t.shape), t.detach().reshape(-1).tolist()]


def case(op, f, *x, fixed=(), **attrs):
    """One case: y = f(*x); inputs whose number is in `fixed` get no gradient."""
    x = [t.detach().clone().requires_grad_(i not in fixed) for i, t in enumerate(x)]
    y = f(*x)
    dy = points(*y.shape)
    wrt = [t for i, t in enumerate(x) if i not in fixed]
    grads = iter(torch.autograd.grad(y, wrt, dy, allow_unused=True) if wrt and y.requires_grad
                 else [None] * len(wrt))
    dx = []
    for i, t in enumerate(x):
        g = None if i in fixed else next(grads)
        dx.append(None if i in fixed else (torch.zeros_like(t) if g is None else g).reshape(-1).tolist())
    cases.append({"op": op, "attrs": attrs, "x": [array(t) for t in x], "y": array(y),
                  "dy": dy.reshape(-1).tolist(), "dx": dx})


# ---- element by element ----------------------------------------------------------------------------

def elementwise():
    shapes = [((2, 3), (2, 3)), ((2, 3, 4), (3, 1)), ((3, 1), (1, 4)), ((), (2, 2))]
    binary = {"add": torch.add, "sub": torch.sub, "mul": torch.mul, "maximum": torch.maximum,
              "minimum": torch.minimum}
    for op, f in binary.items():
        for a, b in shapes:
            case(op, f, points(*a), points(*b, low=-0.9, high=0.8))
    for a, b in shapes:
        case("div", torch.div, points(*a), points(*b, low=0.3, high=2))
        case("div", torch.div, points(*a), points(*b, low=-2, high=-0.3))
        case("pow", torch.pow, points(*a, low=0.2, high=2), points(*b, low=-2, high=3))
        case("greater", lambda p, q: (p > q).double(), points(*a), points(*b, low=-0.9, high=0.8))
    case("greater", lambda p, q: (p > q).double(), tensor(1, 2, 3), tensor(1, 3, 2))
    for m, a, b in [((2, 3), (2, 3), (2, 3)), ((3, 1), (4,), (2, 1, 1)), ((2, 2), (), (2, 2))]:
        case("where", lambda m, p, q: torch.where(m != 0, p, q), whole(*m, below=2), points(*a), points(*b),
             fixed=(0,))

    unary = {"neg": torch.neg, "exp": torch.exp, "square": torch.square, "abs": torch.abs,
             "erf": torch.erf, "sigmoid": torch.sigmoid, "tanh": torch.tanh, "relu": torch.relu,
             "gelu": F.gelu, "silu": F.silu, "softplus": F.softplus}
    for op, f in unary.items():
        case(op, f, points(17, low=-4, high=4))
        case(op, f, points(2, 3, 2, low=-1, high=1))
    for op in ["log", "sqrt"]:
        case(op, getattr(torch, op), points(17, low=0.01, high=9))
        case(op, getattr(torch, op), points(2, 3, 2, low=1e-3, high=1e-1))
    for op in ["abs", "relu"]:  # the gradient at 0 is 0
        case(op, unary[op], tensor(-1, 0, 2))
    for op in ["sigmoid", "tanh", "softplus", "silu", "gelu"]:  # the tails
        case(op, (lambda x: torch.logaddexp(x, torch.zeros_like(x))) if op == "softplus" else unary[op],
             tensor(-30, -12, 12, 30))
    for slope in [0.01, 0.3]:
        case("leaky_relu", lambda x: F.leaky_relu(x, slope), points(17, low=-4, high=4), slope=slope)
    for alpha in [1, 0.5]:
        case("elu", lambda x: F.elu(x, alpha), points(17, low=-4, high=4), alpha=alpha)
    for low, high in [(-0.5, 0.7), (0.1, 3)]:
        case("clip", lambda x: x.clamp(low, high), points(17), low=low, high=high)
    case("clip", lambda x: x.clamp(-1, 1), tensor(-1, 1, 0.5, -3), low=-1, high=1)


# ---- reductions, softmax, matrices -----------------------------------------------------------------

def reductions():
    for axes, keep in [((), False), ((1,), True), ((0, 2), False), ((2,), False)]:
        every = axes or (0, 1, 2)
        for op, f in [("sum", torch.sum), ("mean", torch.mean), ("max", torch.amax)]:
            case(op, lambda x: f(x, every, keepdim=keep), points(3, 4, 5), axes=list(axes), keep=keep)
    for op, f in [("softmax", F.softmax), ("log_softmax", F.log_softmax)]:
        case(op, lambda x: f(x, 1), points(3, 7, low=-5, high=5), axis=1)
        case(op, lambda x: f(x, -1), points(2, 3, 19), axis=-1)
        case(op, lambda x: f(x, 1), points(2, 3, 4, low=-3, high=3), axis=1)
        case(op, lambda x: f(x, 0), 1000 * points(4, 2), axis=0)
    for ta in [False, True]:
        for tb in [False, True]:
            a, b = (4, 3) if ta else (3, 4), (5, 4) if tb else (4, 5)
            f = lambda p, q: (p.mT if ta else p) @ (q.mT if tb else q)
            case("matmul", f, points(*a), points(*b), transpose_a=ta, transpose_b=tb)
            case("matmul", f, points(2, *a), points(*b), transpose_a=ta, transpose_b=tb)
    case("matmul", torch.matmul, points(2, 1, 2, 3), points(4, 3, 2))
    case("matmul", torch.matmul, points(7, 11), points(11, 9))


# ---- shape and indices -----------------------------------------------------------------------------

def cut(begin, step, size):
    return tuple(slice(b, b + s * (n - 1) + 1, s) for b, s, n in zip(begin, step, size))


def put(x, begin, step, like):
    y = torch.zeros(like, dtype=torch.float64)
    y[cut(begin, step, x.shape)] = x
    return y


def pad(x, before, after, mode):
    """F.pad wants the last axis first; its mirrors exist for the last axes of a batch of channels."""
    widths = [w for b, a in reversed(list(zip(before, after))) for w in (b, a)]
    if mode == "zero":
        return F.pad(x, widths)
    lead = next(i for i, w in enumerate(zip(before, after)) if w != (0, 0))
    flat = x.reshape(1, -1, *x.shape[lead:])
    y = F.pad(flat, widths[:2 * (x.dim() - lead)], mode=mode)
    return y.reshape(*x.shape[:lead], *y.shape[2:])


def unpad(x, before, after, mode):
    """The adjoint of pad, which PyTorch gives as its gradient; linear, hence differentiable again."""
    inner = [n - b - a for n, b, a in zip(x.shape, before, after)]
    z = torch.zeros(inner, dtype=torch.float64, requires_grad=True)
    return torch.autograd.grad(pad(z, before, after, mode), z, x, create_graph=True)[0]


def shapes():
    for old, new in [((2, 3, 4), (2, 12)), ((6, 5), (3, 1, 2, 5))]:
        case("reshape", lambda x: x.reshape(new), points(*old), shape=list(new))
    for old, new in [((3, 1), (2, 3, 4)), ((2, 1, 3), (2, 4, 3)), ((), (2, 2))]:
        case("broadcast", lambda x: x.expand(new), points(*old), shape=list(new))
    for old, order in [((3, 4), (1, 0)), ((2, 3, 4), (2, 0, 1)), ((2, 3, 2, 5), (0, 3, 1, 2)),
                       ((18, 17), (1, 0))]:
        case("transpose", lambda x: x.permute(order), points(*old), order=list(order))
    cat = lambda axis: lambda *x: torch.cat(x, axis)
    case("concat", cat(1), points(2, 3, 2), points(2, 1, 2), points(2, 2, 2), axis=1)
    case("concat", cat(0), points(2, 3), points(4, 3), axis=0)
    case("concat", cat(-1), points(2, 3), points(2, 4), axis=-1)
    for old, begin, step, size in [((3, 6), (1, 2), (1, 1), (2, 3)), ((2, 7), (0, 1), (1, 3), (2, 2)),
                                   ((2, 5, 4, 3), (0, 1, 1, 0), (1, 2, 2, 1), (2, 2, 2, 3))]:
        case("slice", lambda x: x[cut(begin, step, size)], points(*old), begin=list(begin), step=list(step),
             size=list(size))
        case("unslice", lambda x: put(x, begin, step, old), points(*size), begin=list(begin),
             step=list(step), like=list(old))
    for old, before, after, mode in [((2, 3), (1, 0), (0, 2), "zero"),
                                     ((2, 1, 3, 2), (0, 1, 2, 0), (1, 0, 1, 3), "zero"),
                                     ((2, 1, 4, 5), (0, 0, 2, 1), (0, 0, 1, 3), "reflect"),
                                     ((2, 6), (0, 5), (0, 4), "reflect"),
                                     ((2, 2, 3, 2), (0, 0, 1, 3), (0, 0, 2, 4), "replicate"),
                                     ((3, 1), (0, 2), (0, 3), "replicate")]:
        attrs = {"before": list(before), "after": list(after), "mode": mode}
        case("pad", lambda x: pad(x, before, after, mode), points(*old), **attrs)
        new = [n + b + a for n, b, a in zip(old, before, after)]
        case("unpad", lambda x: unpad(x, before, after, mode), points(*new), **attrs)

    for shape, depth in [((5,), 4), ((2, 3), 3)]:
        case("one_hot", lambda i: F.one_hot(i.long(), depth).double(), whole(*shape, below=depth),
             fixed=(0,), depth=depth)
    for table, index in [((4, 3), (6,)), ((5, 2), (2, 3)), ((3, 2, 2), (4,))]:
        case("gather", lambda t, i: F.embedding(i.long(), t) if t.dim() == 2 else t[i.long()],
             points(*table), whole(*index, below=table[0]), fixed=(1,))
    for index, rows, row in [((6,), 4, (3,)), ((2, 3), 3, (2,)), ((5,), 2, ())]:
        add = lambda x, i: torch.zeros(rows, *row, dtype=torch.float64).index_add(
            0, i.long().reshape(-1), x.reshape(-1, *row))
        case("scatter_add", add, points(*index, *row), whole(*index, below=rows), fixed=(1,), rows=rows)


# ---- convolution and pooling -----------------------------------------------------------------------

def around(x, padding, value=0.0):
    top, left, bottom, right = padding
    return F.pad(x, (left, right, top, bottom), value=value)


def conv(x, w, stride, padding, dilation, groups):
    return F.conv2d(around(x, padding), w, stride=stride, dilation=dilation, groups=groups)


def conv_dw(dy, x, stride, padding, dilation, groups, output):
    k, c = dy.shape[1], x.shape[1] // groups
    w = torch.zeros(k, c, *output, dtype=torch.float64, requires_grad=True)
    return torch.autograd.grad(conv(x, w, stride, padding, dilation, groups), w, dy, create_graph=True)[0]


def conv_transpose(x, w, stride, padding, dilation, groups, output_padding):
    y = F.conv_transpose2d(x, w, stride=stride, output_padding=output_padding, groups=groups, dilation=dilation)
    top, left, bottom, right = padding
    return y[:, :, top:y.shape[2] - bottom, left:y.shape[3] - right]


def convolution():
    for x, w, stride, padding, dilation, groups in [
            ((2, 2, 4, 5), (3, 2, 3, 3), [1, 1], [0, 0, 0, 0], [1, 1], 1),
            ((1, 2, 5, 4), (2, 2, 3, 2), [2, 1], [1, 0, 2, 1], [1, 1], 1),
            ((1, 1, 7, 6), (2, 1, 2, 3), [1, 2], [0, 2, 1, 2], [3, 2], 1),
            ((2, 4, 3, 4), (4, 2, 2, 2), [1, 1], [1, 1, 0, 0], [1, 1], 2),
            ((1, 3, 4, 4), (6, 1, 3, 3), [2, 2], [1, 1, 1, 1], [1, 1], 3),
            ((2, 3, 3, 3), (4, 3, 1, 1), [1, 1], [0, 0, 0, 0], [1, 1], 1),
            ((1, 3, 6, 19), (5, 3, 3, 3), [1, 1], [1, 1, 1, 1], [1, 1], 1)]:
        a = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
        case("conv2d", lambda p, q: conv(p, q, **a), points(*x), points(*w), **a)
        dy = conv(torch.zeros(x, dtype=torch.float64), torch.zeros(w, dtype=torch.float64), **a).shape
        case("conv2d_dw", lambda p, q: conv_dw(p, q, output=w[2:], **a), points(*dy), points(*x),
             output=list(w[2:]), **a)
    for x, w, stride, padding, dilation, groups, more in [
            ((2, 3, 2, 3), (3, 2, 3, 2), [1, 1], [0, 0, 0, 0], [1, 1], 1, [0, 0]),
            ((1, 2, 3, 2), (2, 2, 3, 3), [2, 2], [1, 1, 1, 1], [1, 1], 1, [1, 1]),
            ((1, 2, 3, 3), (2, 1, 2, 3), [3, 2], [1, 0, 0, 2], [2, 1], 1, [2, 0]),
            ((2, 4, 2, 2), (4, 2, 2, 2), [2, 1], [0, 1, 1, 0], [1, 1], 2, [0, 0])]:
        a = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups,
             "output_padding": more}
        case("conv_transpose2d", lambda p, q: conv_transpose(p, q, **a), points(*x), points(*w), **a)


def max_pool(x, kernel, stride, padding, ceil):
    """F.max_pool2d pads evenly; other paddings are made of -inf, without ceil."""
    top, left, bottom, right = padding
    if (top, left) == (bottom, right):
        return F.max_pool2d(x, kernel, stride, (top, left), ceil_mode=ceil)
    return F.max_pool2d(around(x, padding, -float("inf")), kernel, stride)


def avg_pool(x, kernel, stride, padding, ceil, count_padding):
    """Likewise; where padding does not count, the mean of the pads is scaled to that of the rest."""
    top, left, bottom, right = padding
    if (top, left) == (bottom, right):
        return F.avg_pool2d(x, kernel, stride, (top, left), ceil, count_padding)
    mean = F.avg_pool2d(around(x, padding), kernel, stride)
    share = F.avg_pool2d(around(torch.ones_like(x), padding), kernel, stride)
    return mean if count_padding else mean / share


def pooling():
    for x, kernel, stride, padding, ceil in [
            ((2, 2, 4, 6), [2, 2], [2, 2], [0, 0, 0, 0], False),
            ((1, 2, 5, 6), [3, 2], [1, 2], [1, 1, 1, 1], False),
            ((1, 1, 6, 7), [3, 3], [2, 3], [0, 1, 0, 1], True),
            ((1, 2, 5, 5), [2, 3], [2, 2], [1, 0, 0, 2], False),
            ((1, 1, 7, 8), [2, 2], [3, 3], [1, 1, 1, 1], True)]:
        a = {"kernel": kernel, "stride": stride, "padding": padding, "ceil": ceil}
        case("max_pool2d", lambda p: max_pool(p, **a), points(*x), **a)
        for count in [False, True]:
            case("avg_pool2d", lambda p: avg_pool(p, count_padding=count, **a), points(*x),
                 count_padding=count, **a)


# ---- normalisation ---------------------------------------------------------------------------------

def normalisation():
    for x, epsilon in [((3, 2, 2, 3), 1e-5), ((6, 3), 1e-3), ((2, 2, 5), 0.1)]:
        c = x[1]
        case("batch_norm", lambda p, g, b: F.batch_norm(p, None, None, g, b, True, 0, epsilon),
             points(*x, low=0, high=3), points(c), points(c), epsilon=epsilon)
        evaluated = lambda p, g, b, m, v: F.batch_norm(p, m, v, g, b, False, 0, epsilon)
        statistics = points(c), points(c, low=0.2, high=2)
        case("batch_norm_eval", lambda p, g, b, m, v: by_formula(evaluated, p, g, b, m, v, epsilon),
             points(*x), points(c), points(c), *statistics, epsilon=epsilon)
    for x, g, epsilon in [((3, 5), (5,), 1e-5), ((2, 3, 4), (3, 4), 1e-3), ((2, 2, 17), (17,), 1e-5)]:
        case("layer_norm", lambda p, q, r: F.layer_norm(p, g, q, r, epsilon), points(*x, low=0, high=3),
             points(*g), points(*g), epsilon=epsilon)


def moments():
    """And multiplying and adding, which they serve.  Last: the cases before keep their points."""
    for x, each in [((3, 2, 2, 3), False), ((2, 3, 5), True), ((5, 4), False)]:
        def both(p, axes=([0] if not each else []) + list(range(2, len(x)))):
            return torch.stack([p.mean(axes), p.var(axes, unbiased=False)], -1).reshape(-1, x[1], 2)
        case("moments", both, points(*x, low=0, high=3), each=each)

        def sums(a, b, mean, axes=([0] if not each else []) + list(range(2, len(x)))):
            d = b - mean.reshape(1, -1, *[1] * (b.dim() - 2))
            return torch.stack([a.sum(axes), (a * d).sum(axes)], -1).reshape(-1, x[1], 2)
        case("comoments", sums, points(*x), points(*x), points(x[1]), each=each)
    for a, b, c in [((9,), (9,), (9,)), ((2, 3, 5), (3, 1), (5,)), ((4, 1), (1, 3), ())]:
        case("fma", lambda p, q, r: torch.addcmul(r, p, q), points(*a), points(*b), points(*c))


def flips():
    """Last, like every group that is added: the cases before keep their points."""
    for shape, axes in [((2, 3, 2, 5), (2, 3)), ((3, 4), (0,)), ((2, 3, 3), (1,)), ((6,), ())]:
        case("flip", lambda x: x.flip(axes or (0,)), points(*shape), axes=list(axes))


def by_formula(evaluated, x, gamma, beta, mean, var, epsilon):
    """F.batch_norm has no gradient for stored statistics: its value is checked, the formula's taken."""
    wide = lambda v: v.reshape(1, -1, *[1] * (x.dim() - 2))
    y = wide(gamma) * (x - wide(mean)) / torch.sqrt(wide(var) + epsilon) + wide(beta)
    with torch.no_grad():
        assert torch.allclose(y, evaluated(x, gamma, beta, mean, var), rtol=1e-13, atol=1e-13)
    return y


# ---- losses ----------------------------------------------------------------------------------------

def per_row(v):
    return v.reshape(v.shape[0], -1).mean(1)


def per_class(v):
    return per_row(v.sum(1))


def logits_loss(z, t):
    return per_row(F.binary_cross_entropy_with_logits(z, t, reduction="none"))


def losses():
    for shape in [(3, 4), (2, 3, 2, 2), (4,), (2, 19)]:
        a, b = points(*shape, low=-2, high=2), points(*shape, low=-1.9, high=2)
        case("mse", lambda x, t: per_row(F.mse_loss(x, t, reduction="none")), a, b)
        case("mae", lambda x, t: per_row(F.l1_loss(x, t, reduction="none")), a, b)
        for delta in [1, 0.4]:
            case("huber", lambda x, t: per_row(F.huber_loss(x, t, reduction="none", delta=delta)),
                 a, b, delta=delta)
        case("hinge", lambda x, t: per_row((1 - t * x).clamp(min=0)), a, b)
        case("hinge", lambda x, t: per_row((1 - t * x).clamp(min=0)), a, 2 * whole(*shape, below=2) - 1)
        t = points(*shape, low=0.02, high=0.98)
        case("bce_with_logits", logits_loss, points(*shape, low=-6, high=6), t)
        case("bce", lambda p, t: per_row(F.binary_cross_entropy(p, t, reduction="none")),
             points(*shape, low=0.05, high=0.95), t)
    case("mae", lambda x, t: per_row(F.l1_loss(x, t, reduction="none")), tensor(1, 2, 3), tensor(1, 3, 2))
    # Values alone: there PyTorch's gradient divides by 1e-12 in single precision.
    case("bce", lambda p, t: per_row(F.binary_cross_entropy(p, t, reduction="none")),
         tensor(0, 1, 0, 1, 0.5), tensor(0, 1, 1, 0, 1), fixed=(0, 1))
    case("bce_with_logits", logits_loss, tensor(-200, 200, -200, 200, 0), tensor(0, 1, 1, 0, 1))
    for shape in [(3, 4), (2, 3, 2, 2), (2, 19)]:
        p, t = points(*shape, low=0.02, high=0.98), points(*shape, low=0.05, high=0.9)
        hard = F.one_hot(whole(shape[0], *shape[2:], below=shape[1]).long(), shape[1]).double().movedim(-1, 1)
        for target in [t, hard]:
            case("cce", lambda p, t: per_class(-t * torch.log(p).clamp(min=-100)), p, target)
            case("softmax_cross_entropy", lambda z, t: per_row(F.cross_entropy(z, t, reduction="none")),
                 points(*shape, low=-5, high=5), target)
        case("kl", lambda p, t: per_class(F.kl_div(torch.log(p), t, reduction="none")), p, t)
        case("kl", lambda p, t: per_class(F.kl_div(torch.log(p), t, reduction="none")), p, hard, fixed=(1,))
    case("softmax_cross_entropy", lambda z, t: F.cross_entropy(z, t, reduction="none"),
         tensor([1000, 0, -1000], [0, 500, 1]), tensor([0, 1, 0], [0, 1, 0]))


def main():
    for group in [elementwise, reductions, shapes, convolution, pooling, normalisation, losses, moments, flips]:
        group()
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "cases.jsonl")
    with open(path, "w", encoding="ascii") as file:
        for c in cases:
            file.write(json.dumps(c, separators=(",", ":"), allow_nan=False) + "\n")
    print(f"{len(cases)} cases of {len({c['op'] for c in cases})} operations, {os.path.getsize(path)} bytes")


if __name__ == "__main__":
    main()
