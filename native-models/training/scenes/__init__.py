"""Synthetic micrographs with exact objects: a registry of kinds.

`render` gives a scene as a good instrument shows it, `render_varied` as any instrument may. The same rng gives the same
scene.
"""
import numpy as np

from scenes.carbides import carbides
from scenes.cells import bright_field_cells, clumped_nuclei, phase_cells, spread_cells, touching_cells
from scenes.coating import coating
from scenes.dendrites import dendrites
from scenes.devices import devices
from scenes.etched_grains import grains
from scenes.fibres import fibres
from scenes.imaging import data_bar, degrade
from scenes.laths import laths, widmanstatten
from scenes.microbes import blood, cocci
from scenes.minerals import facets, packed_particles, phases, spherulites, thin_section
from scenes.nuclei import nuclei
from scenes.oxide import oxide_scale
from scenes.particles import (agglomerates, bacteria, close_up, crystals, droplets, fibre_sections, needles, pores, shells,
                              spheroids)
from scenes.powder import powder
from scenes.precipitates import precipitates
from scenes.scene import Scene, tidied
from scenes.sections import cracks, layers, melt_pools
from scenes.strands import filaments, tow
from scenes.superalloy import cuboids
from scenes.surfaces import islands, pits
from scenes.tessellation import dimples, duplex, foam, mud_cracks, pearlite, polycrystal
from scenes.tissue import membranes, stained_tissue
from scenes.transmission import transmission

__all__ = ["KINDS", "Scene", "render", "render_varied"]

KINDS = {kind.__name__: kind for kind in (
    grains, precipitates, powder, nuclei, coating, fibres,
    polycrystal, duplex, pearlite, foam, mud_cracks, dimples,
    spheroids, agglomerates, crystals, pores, needles, bacteria, droplets, shells, fibre_sections,
    layers, cracks, melt_pools, dendrites, cuboids, laths, widmanstatten,
    pits, islands, tow, filaments, transmission, oxide_scale, devices, carbides,
    thin_section, phases, packed_particles, facets, spherulites, close_up, spread_cells, cocci, blood,
    phase_cells, bright_field_cells, touching_cells, stained_tissue, membranes, clumped_nuclei,
)}
DATA_BAR = 0.08  # share of the pictures that carry one


def render(kind, rng, height, width):
    return KINDS[kind](rng, height, width)


def render_varied(kind, rng, height, width):
    while True:
        scene = render(kind, rng, height, width)
        image = np.array(degrade(rng, scene.image))
        maps = [None if m is None else np.array(m) for m in (scene.labels, scene.wholes, scene.parts)]
        if rng.random() < DATA_BAR:
            data_bar(rng, image, [m for m in maps if m is not None])
        labels, *others = (None if m is None else tidied(m) for m in maps)
        if labels.any():
            return Scene(image, labels, *(m if m is not None and m.any() else None for m in others))
