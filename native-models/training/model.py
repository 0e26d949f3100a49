"""The whole segmenter: encoder and decoder with the hyper-parameters that name them."""
from dataclasses import asdict, dataclass

from torch import nn

from decoder import MaskDecoder
from encoder import ImageEncoder, fold_norms

MASK_STRIDE = 2  # pixels of model space a cell of the masks takes
INPUT_SIZE = 1024  # pixels; the longest side of every micrograph in model space
MEAN = (0.45, 0.45, 0.45)  # of values in 0..1
STD = (0.25, 0.25, 0.25)


@dataclass(frozen=True)
class Hyperparameters:
    embedding_channels: int = 128
    encoder_widths: tuple = (16, 32, 64, 112, 144)
    encoder_blocks: tuple = (1, 2, 4, 4)
    decoder_widths: tuple = (48, 32, 16, 8)

    def named(self):
        return {k: list(v) if isinstance(v, tuple) else v for k, v in asdict(self).items()}


class Segmenter(nn.Module):
    """`folded`: without norms, as a package holds it and as a further training goes on from one."""

    def __init__(self, hyperparameters=Hyperparameters(), folded=False):
        super().__init__()
        h = self.hyperparameters = hyperparameters
        self.encoder = ImageEncoder(h.embedding_channels, h.encoder_widths, h.encoder_blocks)
        self.decoder = MaskDecoder(h.embedding_channels, h.decoder_widths)
        self.folded = False
        if folded:
            self.fold()

    def fold(self):
        if not self.folded:
            fold_norms(self)
            self.folded = True
        return self

    def parameter_count(self):
        return sum(p.numel() for p in self.parameters())
