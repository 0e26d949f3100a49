"""The whole segmenter: encoder and decoder with the hyper-parameters that name them."""
from dataclasses import asdict, dataclass

from torch import nn

from decoder import MaskDecoder
from encoder import ImageEncoder

INPUT_SIZE = 1024  # pixels; the longest side of every micrograph in model space
MEAN = (0.45, 0.45, 0.45)  # of values in 0..1
STD = (0.25, 0.25, 0.25)


@dataclass(frozen=True)
class Hyperparameters:
    embedding_channels: int = 256
    encoder_widths: tuple = (16, 32, 64, 112, 144)
    encoder_blocks: tuple = (1, 2, 3, 2)
    decoder_widths: tuple = (48, 32, 16)

    def named(self):
        return {k: list(v) if isinstance(v, tuple) else v for k, v in asdict(self).items()}


class Segmenter(nn.Module):
    def __init__(self, hyperparameters=Hyperparameters()):
        super().__init__()
        h = self.hyperparameters = hyperparameters
        self.encoder = ImageEncoder(h.embedding_channels, h.encoder_widths, h.encoder_blocks)
        self.decoder = MaskDecoder(h.embedding_channels, h.decoder_widths)

    def parameter_count(self):
        return sum(p.numel() for p in self.parameters())
