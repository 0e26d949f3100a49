/** What automatic masks say about a plane as a whole; every plane of it has `widthPx` × `heightPx` values, row-major. */
export interface Microstructure {
  widthPx: number;
  heightPx: number;
  /** 0 = ground, 1..`count` = regions, each 4-connected. */
  labels: Uint32Array;
  count: number;
}

export interface ExtractOptions {
  /** Regions and gaps of fewer pixels are given to what is around them. */
  minAreaPx: number;
  /**
   * Two regions are one where the edge between them has less than this share of the usual strength of an edge between a
   * region and something else; 0 merges nothing.
   */
  mergeBelow: number;
  /**
   * Whether the micrograph shows two phases told by their grey: then masks with the ground's grey are ground, and what no
   * mask covers but has the objects' grey is an object.
   */
  twoPhases: boolean;
  /** Ground between two regions that is no wider is a boundary. */
  boundaryPx: number;
}
