"""Prompt decoder: turns points, a box and a previous mask into four candidate masks.

Features come for G images, prompts for B = G * P objects (P consecutive prompts belong to one image;
G = 1 at inference). Everything that depends on the image alone is computed once per image.

Inputs  image_embeddings [G, C, h, w] (stride 8), high_res_features_0 [G, C/8, 4h, 4w], high_res_features_1 [G, C/4, 2h, 2w]
        point_coords [B, N, 2] pixels of model space (x, y), point_labels [B, N]
        (1 positive, 0 negative, 2 top-left and 3 bottom-right box corner, -1 padding)
        mask_input [B, 1, 4h, 4w] logits of stride 2, has_mask_input [B] (0 or 1)
Outputs low_res_masks [B, 4, 4h, 4w] logits (0 single, 1..3 ambiguity), iou_predictions [B, 4]
"""
import torch
import torch.nn.functional as F
from torch import nn

from encoder import PACKED, ResidualBlock, conv_bn, unpack

MASKS = 4
UNIT = 64.0  # pixels of model space that make 1.0 in coordinates fed to the network


class PromptGeometry:
    """Separable maps of a prompt: a Gaussian or a box is an outer product, a sum of them one matrix product."""

    def __init__(self, coords, labels):
        self.coords = coords
        self.positive = (labels == 1).float()
        self.negative = (labels == 0).float()
        first, last = (labels == 2).float(), (labels == 3).float()
        self.has_box = first.sum(1, keepdim=True).clamp(max=1.0)  # [B, 1]
        self.low = (coords * first.unsqueeze(2)).sum(1)  # [B, 2]
        self.high = (coords * last.unsqueeze(2)).sum(1)
        self.size = (self.high - self.low).clamp(min=1.0)
        self.centre = (self.high + self.low) * 0.5

    def axes(self, height, width, stride):
        device = self.coords.device
        ys = (torch.arange(height, device=device, dtype=torch.float32) + 0.5) * stride
        xs = (torch.arange(width, device=device, dtype=torch.float32) + 0.5) * stride
        return ys, xs

    def points(self, weights, ys, xs, sigma):
        """Sum of Gaussians (sigma in pixels) at the points that `weights` [B, N] selects -> [B, h, w]."""
        dx = (xs - self.coords[:, :, 0:1]) / sigma
        dy = (ys - self.coords[:, :, 1:2]) / sigma
        gx = torch.exp(-0.5 * dx * dx)
        gy = torch.exp(-0.5 * dy * dy) * weights.unsqueeze(2)
        return torch.matmul(gy.transpose(1, 2), gx)

    def box_blob(self, ys, xs, fraction):
        """Gaussian at the box centre, its sigma a fraction of the box -> [B, h, w]."""
        sigma = (self.size * fraction).clamp(min=3.0)
        dx = (xs - self.centre[:, 0:1]) / sigma[:, 0:1]
        dy = (ys - self.centre[:, 1:2]) / sigma[:, 1:2]
        gx, gy = torch.exp(-0.5 * dx * dx), torch.exp(-0.5 * dy * dy) * self.has_box
        return gy.unsqueeze(2) * gx.unsqueeze(1)

    def box_inside(self, ys, xs, softness):
        """About 1 inside the box and 0 outside, the edge `softness` pixels wide -> [B, h, w]."""
        def side(axis, i):
            low, high = self.low[:, i:i + 1], self.high[:, i:i + 1]
            return torch.sigmoid((axis - low) / softness) * torch.sigmoid((high - axis) / softness)
        return (side(ys, 1) * self.has_box).unsqueeze(2) * side(xs, 0).unsqueeze(1)


class Similarity(nn.Module):
    """How alike each position is to the prompted ones, in learned spaces.

    `groups` metric spaces of `dims` dimensions, and `votes` spatial ones in which every position votes for
    where its object is (position + learned offset), so that parts of one object meet far from its borders.
    """

    def __init__(self, channels, groups, dims, votes):
        super().__init__()
        self.groups, self.dims, self.votes = groups, dims, votes
        self.metric = nn.Conv2d(channels, groups * dims, 1)
        self.offset = nn.Conv2d(channels, votes * 2, 1)
        nn.init.normal_(self.offset.weight, std=0.01)
        nn.init.zeros_(self.offset.bias)

    @property
    def maps(self):
        return 2 * (self.groups + self.votes)

    def spaces(self, features, ys, xs):
        g, _, h, w = features.shape
        metric = self.metric(features).reshape(g, self.groups, self.dims, h * w)
        grid = torch.stack([(xs / UNIT).expand(h, w), (ys / UNIT).unsqueeze(1).expand(h, w)])
        votes = self.offset(features).reshape(g, self.votes, 2, h * w) + grid.reshape(1, 1, 2, h * w)
        return metric, votes

    @staticmethod
    def distance(space, weights):
        """Squared distance of every position to the weighted mean: [G, K, D, hw], [G, P, hw] -> [G, P, K, hw]."""
        centred = space - space.mean(3, keepdim=True)
        mean = torch.matmul(weights.unsqueeze(1), centred.transpose(2, 3))  # [G, K, P, D]
        dot = torch.matmul(mean, centred)  # [G, K, P, hw]
        squares = (centred * centred).sum(2, keepdim=True)
        d = squares + (mean * mean).sum(3, keepdim=True) - 2.0 * dot
        return d.clamp(min=0.0).transpose(1, 2)

    def forward(self, features, ys, xs, wanted, unwanted, has_unwanted, sharpness):
        """wanted, unwanted [G, P, hw] sum to one or zero; sharpness [G, P, groups + votes] > 0 -> [G, P, maps, hw]."""
        metric, votes = self.spaces(features, ys, xs)
        near = torch.cat([self.distance(metric, wanted), self.distance(votes, wanted)], 2)
        far = torch.cat([self.distance(metric, unwanted), self.distance(votes, unwanted)], 2)
        near = torch.exp(-near * sharpness.unsqueeze(3))
        far = torch.exp(-far) * has_unwanted
        return torch.cat([near, far], 2)


class MaskDecoder(nn.Module):
    def __init__(self, embedding_channels=128, widths=(48, 32, 16, 8), groups=4, dims=8, votes=2, kernels=6):
        super().__init__()
        c = embedding_channels
        self.channels = {16: PACKED * (c // 2), 8: c // 2, 4: c // 4, 2: c // 8}
        self.widths = {16: widths[0], 8: widths[1], 4: widths[2], 2: widths[3]}
        self.kernels, self.groups, self.votes = kernels, groups, votes
        strides = (16, 8, 4)
        self.similarity = nn.ModuleDict({str(s): Similarity(self.channels[s], groups, dims, votes) for s in (16, 8)})
        pooled = sum(self.channels[s] for s in strides) + 4
        spaces = groups + votes
        self.hyper = nn.Sequential(nn.Linear(pooled, 96), nn.ReLU(), nn.Linear(96, 96), nn.ReLU())
        self.bias = nn.ModuleDict({str(s): nn.Linear(96, self.widths[s]) for s in strides})
        self.dynamic = nn.ModuleDict({str(s): nn.Linear(96, kernels * self.channels[s]) for s in (8, 4)})
        self.sharp = nn.ModuleDict({str(s): nn.Linear(96, spaces) for s in (16, 8)})
        maps = {16: 9 + self.similarity["16"].maps, 8: 9 + self.similarity["8"].maps + kernels, 4: 9 + kernels, 2: 4}
        self.project = nn.ModuleDict({str(s): nn.Conv2d(self.channels[s], self.widths[s], 1) for s in maps})
        self.prompt = nn.ModuleDict({str(s): conv_bn(maps[s], self.widths[s], 1) for s in maps})
        self.up8 = nn.Conv2d(widths[0], widths[1], 1)
        self.up4 = nn.Conv2d(widths[1], widths[2], 1)
        self.up2 = nn.Conv2d(widths[2], widths[3], 1)
        self.refine16 = nn.Sequential(*[ResidualBlock(widths[0], d) for d in (1, 2, 4)])
        self.refine8 = nn.Sequential(ResidualBlock(widths[1], 1), ResidualBlock(widths[1], 2))
        self.refine4 = ResidualBlock(widths[2], 1)
        self.masks = nn.Conv2d(widths[2], MASKS, 3, padding=1)
        self.refine2 = nn.Conv2d(widths[3], widths[3], 3, padding=1)
        self.detail = nn.Conv2d(widths[3], MASKS, 3, padding=1)  # added to the masks of stride 4
        nn.init.zeros_(self.detail.weight)
        nn.init.zeros_(self.detail.bias)
        self.quality = nn.Sequential(nn.Linear(widths[1] + 96 + 2, 64), nn.ReLU(), nn.Linear(64, 1))

    @staticmethod
    def weights(blob, g):
        """Normalises a map of prompts [B, h, w] to sum one (zero stays zero) -> [G, P, hw]."""
        flat = blob.reshape(g, -1, blob.shape[1] * blob.shape[2])
        return flat / (flat.sum(2, keepdim=True) + 1e-6)

    def forward(self, image_embeddings, high_res_features_0, high_res_features_1,
                point_coords, point_labels, mask_input, has_mask_input):
        x16, x8 = unpack(image_embeddings)
        features = {16: x16, 8: x8, 4: high_res_features_1}
        g = image_embeddings.shape[0]
        geometry = PromptGeometry(point_coords, point_labels)
        has_negative = geometry.negative.sum(1).clamp(max=1.0).reshape(g, -1, 1, 1)
        previous = torch.tanh(mask_input * 0.25) * has_mask_input.reshape(-1, 1, 1, 1)
        previous = {2: previous, **{s: F.avg_pool2d(previous, s // 2) for s in (4, 8, 16)}}

        axes, maps, wanted, unwanted, pooled = {}, {}, {}, {}, []
        for s, f in features.items():
            h, w = f.shape[2], f.shape[3]
            ys, xs = axes[s] = geometry.axes(h, w, s)
            fine = geometry.points(geometry.positive, ys, xs, 0.6 * s)
            wanted[s] = self.weights(fine + geometry.box_blob(ys, xs, 0.15), g)
            negative = geometry.points(geometry.negative, ys, xs, 0.8 * s)
            unwanted[s] = self.weights(negative, g)
            maps[s] = [m.clamp(max=1.0).unsqueeze(1) for m in (
                geometry.points(geometry.positive, ys, xs, 1.2 * s),
                geometry.points(geometry.positive, ys, xs, 5.0 * s),
                geometry.points(geometry.positive, ys, xs, 64.0),
                negative, geometry.points(geometry.negative, ys, xs, 3.0 * s),
                geometry.box_inside(ys, xs, 0.25 * s), geometry.box_blob(ys, xs, 0.25),
            )]
            maps[s] += [previous[s], previous[s].abs()]
            pooled.append(torch.matmul(wanted[s], f.flatten(2).transpose(1, 2)))  # [G, P, channels]
        box = torch.cat([geometry.has_box, geometry.has_box * torch.log(geometry.size / UNIT),
                         geometry.positive.sum(1, keepdim=True).clamp(max=1.0)], 1)
        code = self.hyper(torch.cat(pooled + [box.reshape(g, -1, 4)], 2))  # [G, P, 96]

        for s in (16, 8):
            f, (ys, xs) = features[s], axes[s]
            sharpness = F.softplus(self.sharp[str(s)](code) + 1.0)
            alike = self.similarity[str(s)](f, ys, xs, wanted[s], unwanted[s], has_negative, sharpness)
            maps[s].append(alike.reshape(-1, self.similarity[str(s)].maps, f.shape[2], f.shape[3]))
        for s in (8, 4):
            f = features[s]
            kernel = self.dynamic[str(s)](code).reshape(g, -1, self.channels[s]) * self.channels[s] ** -0.5
            answer = torch.matmul(kernel, f.flatten(2))  # [G, P * kernels, hw]
            maps[s].append(answer.reshape(-1, self.kernels, f.shape[2], f.shape[3]))

        f = features[2] = high_res_features_0
        ys, xs = geometry.axes(f.shape[2], f.shape[3], 2)
        maps[2] = [geometry.points(weights, ys, xs, 3.0).clamp(max=1.0).unsqueeze(1)
                   for weights in (geometry.positive, geometry.negative)] + [previous[2], previous[2].abs()]

        def enter(s, below=None):
            f = features[s]
            shared = self.project[str(s)](f).unsqueeze(1)  # [G, 1, width, h, w]
            own = self.prompt[str(s)](torch.cat(maps[s], 1))
            if below is not None:
                own = own + F.interpolate(below, scale_factor=2.0, mode="nearest")
            own = own.reshape(g, -1, self.widths[s], f.shape[2], f.shape[3])
            if str(s) in self.bias:
                own = own + self.bias[str(s)](code).unsqueeze(3).unsqueeze(4)
            return F.relu(own + shared).reshape(-1, self.widths[s], f.shape[2], f.shape[3])

        x16 = self.refine16(enter(16))
        x8 = self.refine8(enter(8, self.up8(x16)))
        x4 = self.refine4(enter(4, self.up4(x8)))
        x2 = enter(2, self.up2(x4))
        x2 = F.relu(x2 + self.refine2(x2))
        masks = F.interpolate(self.masks(x4), scale_factor=2.0, mode="bilinear", align_corners=False) + self.detail(x2)
        return masks, self.predict_iou(masks.detach(), x8, code.reshape(-1, code.shape[2]))

    def predict_iou(self, masks, x8, code):
        """Pools stride-8 features under each mask; adds its size and how decided it is -> [B, 4]."""
        soft = F.avg_pool2d(torch.sigmoid(masks), 4).flatten(2)  # [B, 4, hw]
        area = soft.sum(2, keepdim=True)
        inside = torch.matmul(soft, x8.flatten(2).transpose(1, 2)) / (area + 1.0)
        decided = (soft * soft).sum(2, keepdim=True) / (area + 1.0)
        own = torch.cat([inside, torch.log(area + 1.0) * 0.2, decided], 2)
        code = code.unsqueeze(1) + torch.zeros_like(own[:, :, :1])
        return torch.sigmoid(self.quality(torch.cat([own, code], 2))).squeeze(2)
