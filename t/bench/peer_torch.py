#!/usr/bin/python3
"""The networks of the benchmark models in PyTorch, timed like `cnngraph bench`.  One line of JSON.

PyTorch at its best on a CPU: OpenBLAS on the same OpenMP pool as the rest (libopenblas0-openmp), large tensors kept by
malloc instead of mapped anew at every step, threads pinned for both libraries, either memory format."""
import argparse
import json
import os
import sys
import time

OPENBLAS = "/usr/lib/x86_64-linux-gnu/openblas-openmp"


def tune(threads):
    """Starts again with what only the environment can set."""
    if os.environ.get("PEER_TUNED"):
        return
    os.environ.update(PEER_TUNED="1", MALLOC_MMAP_THRESHOLD_="2000000000", MALLOC_TRIM_THRESHOLD_="4000000000",
                      MALLOC_TOP_PAD_="67108864", OMP_NUM_THREADS=str(threads), OPENBLAS_NUM_THREADS=str(threads))
    if os.path.isdir(OPENBLAS):
        os.environ["LD_LIBRARY_PATH"] = OPENBLAS
    os.execv(sys.executable, [sys.executable] + sys.argv)


def networks(nn, functional):
    """Name: (network, shape of an image, classes, optimiser)."""
    def conv(i, o, k, **more):
        return nn.Conv2d(i, o, k, **more)

    class Basic(nn.Module):
        """Two 3x3 convolutions; around them the input, every second pixel between channels of zeros."""

        def __init__(self, channels, filters, stride):
            super().__init__()
            self.first, self.second = (conv(channels, filters, 3, stride=stride, padding=1, bias=False),
                                       conv(filters, filters, 3, padding=1, bias=False))
            self.norms = nn.ModuleList([nn.BatchNorm2d(filters), nn.BatchNorm2d(filters)])
            self.stride, self.extra = stride, (filters - channels) // 2

        def forward(self, x):
            y = self.norms[1](self.second(functional.relu(self.norms[0](self.first(x)))))
            if self.stride > 1:
                x = functional.pad(x[:, :, ::2, ::2], [0, 0, 0, 0, self.extra, self.extra])
            return functional.relu(x + y)

    def vgg():
        layers, channels = [], 3
        for filters in (64, 128, 256):
            for _ in range(2):
                layers += [conv(channels, filters, 3, padding=1, bias=False), nn.BatchNorm2d(filters), nn.ReLU()]
                channels = filters
            layers.append(nn.MaxPool2d(2))
        return nn.Sequential(*layers, nn.Flatten(), nn.Linear(4096, 10))

    def resnet20():
        layers, channels = [conv(3, 16, 3, padding=1, bias=False), nn.BatchNorm2d(16), nn.ReLU()], 16
        for filters in (16, 32, 64):
            for _ in range(3):
                layers.append(Basic(channels, filters, 1 if channels == filters else 2))
                channels = filters
        return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 10))

    digit, colour = (1, 28, 28), (3, 32, 32)
    return {
        "mnist3": (lambda: nn.Sequential(conv(1, 5, 3), nn.Sigmoid(), nn.Flatten(), nn.Linear(3380, 100), nn.Sigmoid(),
                                         nn.Linear(100, 3)), digit, 3, "sgd"),
        "simplecnn": (lambda: nn.Sequential(conv(1, 16, 3, stride=2, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
                                            nn.Linear(784, 10)), digit, 10, "sgd"),
        "deeper": (lambda: nn.Sequential(conv(1, 10, 7), nn.ReLU(), nn.MaxPool2d(2), conv(10, 10, 5), nn.ReLU(),
                                         conv(10, 15, 3), nn.ReLU(), nn.Flatten(), nn.Linear(375, 10)), digit, 10, "sgd"),
        "lenet5": (lambda: nn.Sequential(conv(1, 32, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2),
                                         conv(32, 64, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
                                         nn.Linear(3136, 1024), nn.ReLU(), nn.Dropout(0.5), nn.Linear(1024, 10)),
                   digit, 10, "adam"),
        "cifar-vgg": (vgg, colour, 10, "momentum"),
        "cifar-resnet20": (resnet20, colour, 10, "decay"),
    }


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", required=True)
    parser.add_argument("--mode", choices=["train", "infer"], default="train")
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--format", choices=["nchw", "nhwc"], default="nhwc")
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=0.2)
    a = parser.parse_args()
    tune(a.threads)
    import torch
    torch.set_num_threads(a.threads)
    torch.manual_seed(1)
    make, shape, classes, optimiser = networks(torch.nn, torch.nn.functional)[a.model]
    layout = torch.channels_last if a.format == "nhwc" else torch.contiguous_format
    net = make().to(memory_format=layout)
    x = torch.rand(a.batch, *shape).contiguous(memory_format=layout)
    t = torch.arange(a.batch) % classes
    if a.mode == "train":
        update = {"sgd": lambda p: torch.optim.SGD(p, lr=0.01), "adam": lambda p: torch.optim.Adam(p, lr=0.001),
                  "momentum": lambda p: torch.optim.SGD(p, lr=0.01, momentum=0.9),
                  "decay": lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9, weight_decay=1e-4)}[optimiser](net.parameters())

        def step():
            update.zero_grad(set_to_none=True)
            torch.nn.functional.cross_entropy(net(x), t).backward()
            update.step()
    else:
        net.eval()
        with torch.no_grad():
            fast = torch.jit.optimize_for_inference(torch.jit.freeze(torch.jit.trace(net, x, check_trace=False)))

        def step():
            with torch.inference_mode():
                fast(x)

    for _ in range(5):
        step()
    begin, n = time.perf_counter(), 0
    while n < 3 or time.perf_counter() - begin < a.seconds / 2:
        step()
        n += 1
    n = max(1, int(a.seconds * n / (time.perf_counter() - begin)))
    rates = []
    for _ in range(a.repeats):
        begin = time.perf_counter()
        for _ in range(n):
            step()
        rates.append(a.batch * n / (time.perf_counter() - begin))
    rates.sort()
    print(json.dumps({"version": torch.__version__, "parameters": sum(p.numel() for p in net.parameters()),
                      "images_per_s": {"median": rates[len(rates) // 2], "min": rates[0], "max": rates[-1]}}))


if __name__ == "__main__":
    main()
