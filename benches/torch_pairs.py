"""The other side of `storyloom bench --training --only 'reward step'` and 'DPO step': the same steps in PyTorch, two threads, f32.

python benches/torch_pairs.py [steps]. It needs torch. Sizes are those of src/cli/bench_steps.rs: eight pairs of stories of 128 words
behind five pictures of 36 tokens each; the tower (seen once a pair) and the connector stay as they are; AdamW on the rest.
"""
import statistics
import sys
import time

import torch
from torch import nn
from torch.nn import functional as F

PAIRS, PICTURES, SEEN, WORDS, VOCABULARY = 8, 5, 36, 128, 4096
torch.set_num_threads(2)
torch.manual_seed(0)


def heads(x, n):
    return x.unflatten(-1, (n, -1)).transpose(1, 2)


class Tower(nn.Module):
    """Patches of 8 pixels in pictures of 96, four layers of width 192, two by two of them side by side, 256 wide."""

    def __init__(self):
        super().__init__()
        layer = nn.TransformerEncoderLayer(192, 3, 768, 0.0, nn.GELU("tanh"), batch_first=True, norm_first=True)
        self.patches = nn.Conv2d(3, 192, 8, 8)
        self.places = nn.Parameter(torch.randn(144, 192) * 0.02)
        self.layers = nn.TransformerEncoder(layer, 4, nn.LayerNorm(192), enable_nested_tensor=False)
        self.connector = nn.Linear(768, 256, bias=False)

    def forward(self, pixels):
        x = self.layers(self.patches(pixels).flatten(2).transpose(1, 2) + self.places)
        x = x.unflatten(1, (6, 2, 6, 2)).permute(0, 1, 3, 2, 4, 5).reshape(len(pixels), SEEN, 768)
        return self.connector(x)


class Layer(nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.second = nn.RMSNorm(256), nn.RMSNorm(256)
        self.qkv, self.out = nn.Linear(256, 768, bias=False), nn.Linear(256, 256, bias=False)
        self.gate, self.up = nn.Linear(256, 512, bias=False), nn.Linear(256, 512, bias=False)
        self.down = nn.Linear(512, 256, bias=False)

    def forward(self, x, cos, sin):
        q, k, v = (heads(part, 4) for part in self.qkv(self.first(x)).chunk(3, -1))
        turned = lambda y: y * cos + torch.cat([-y[..., 32:], y[..., :32]], -1) * sin
        seen = F.scaled_dot_product_attention(turned(q), turned(k), v, is_causal=True)
        x = x + self.out(seen.transpose(1, 2).flatten(2))
        h = self.second(x)
        return x + self.down(F.silu(self.gate(h)) * self.up(h))


class Teller(nn.Module):
    def __init__(self):
        super().__init__()
        self.words = nn.Embedding(VOCABULARY, 256)
        nn.init.normal_(self.words.weight, std=0.02)
        self.layers, self.norm = nn.ModuleList(Layer() for _ in range(6)), nn.RMSNorm(256)
        self.score = nn.Linear(256, 1, bias=False)

    def forward(self, pictures, ids):
        x = torch.cat([pictures, self.words(ids)], 1)
        angles = torch.outer(torch.arange(x.shape[1]), 10_000.0 ** (-torch.arange(32) / 32)).repeat(1, 2)
        for layer in self.layers:
            x = layer(x, angles.cos(), angles.sin())
        return self.norm(x)


tower, teller = Tower().eval(), Teller()
optimiser = torch.optim.AdamW(teller.parameters(), lr=1e-4)
pixels = torch.randn(PAIRS * PICTURES, 3, 96, 96)
ids = (torch.arange(2 * PAIRS * WORDS) * 7919 % 4000).view(2 * PAIRS, WORDS)


def states():
    with torch.no_grad():
        seen = tower(pixels).reshape(PAIRS, PICTURES * SEEN, 256)
    return teller(torch.cat([seen, seen]), ids)


def reward():
    first, second = teller.score(states()[:, -1]).squeeze(1).chunk(2)
    return -F.logsigmoid(first - second).mean() + 0.01 * (first + second).square().mean()


def preference():
    logits = F.linear(states()[:, PICTURES * SEEN - 1 : -1], teller.words.weight)
    likely = -F.cross_entropy(logits.flatten(0, 1), ids.flatten(), reduction="none").view(ids.shape).sum(1)
    first, second = (likely + 8.0 * WORDS).chunk(2)
    return -F.logsigmoid(0.1 * (first - second)).mean()


for name, loss in [("reward", reward), ("DPO", preference)]:
    times = []
    for step in range(int(sys.argv[1]) + 1 if len(sys.argv) > 1 else 6):
        started = time.perf_counter()
        optimiser.zero_grad()
        loss().backward()
        optimiser.step()
        if step:
            times.append(1000 * (time.perf_counter() - started))
    print(f"PyTorch {torch.__version__} f32, {name} step: {statistics.median(times):.0f} ms ({min(times):.0f} to {max(times):.0f})")
