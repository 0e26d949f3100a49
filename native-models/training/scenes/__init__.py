"""Synthetic micrographs with exact objects: a registry of kinds.

`render` gives a scene as a good instrument shows it, `render_varied` as any instrument may. The same rng gives the same
scene.
"""
import numpy as np

from scenes.cells import bright_field_cells, clumped_nuclei, membranes, phase_cells, stained_tissue, touching_cells
from scenes.coating import coating
from scenes.etched_grains import grains
from scenes.fibres import fibres
from scenes.imaging import data_bar, degrade
from scenes.nuclei import nuclei
from scenes.particles import (agglomerates, bacteria, crystals, droplets, fibre_sections, needles, pores, shells,
                              spheroids)
from scenes.powder import powder
from scenes.precipitates import precipitates
from scenes.scene import Scene
from scenes.sections import cracks, dendrites, layers, melt_pools
from scenes.tessellation import dimples, duplex, foam, mud_cracks, pearlite, polycrystal

__all__ = ["KINDS", "Scene", "render", "render_varied"]

KINDS = {kind.__name__: kind for kind in (
    grains, precipitates, powder, nuclei, coating, fibres,
    polycrystal, duplex, pearlite, foam, mud_cracks, dimples,
    spheroids, agglomerates, crystals, pores, needles, bacteria, droplets, shells, fibre_sections,
    layers, cracks, melt_pools, dendrites,
    phase_cells, bright_field_cells, touching_cells, stained_tissue, membranes, clumped_nuclei,
)}
DATA_BAR = 0.08  # share of the pictures that carry one


def render(kind, rng, height, width):
    return KINDS[kind](rng, height, width)


def render_varied(kind, rng, height, width):
    scene = render(kind, rng, height, width)
    image = np.array(degrade(rng, scene.image))
    maps = [None if m is None else np.array(m) for m in (scene.labels, scene.wholes, scene.parts)]
    if rng.random() < DATA_BAR:
        data_bar(rng, image, [m for m in maps if m is not None])
    return Scene(image, *maps)
