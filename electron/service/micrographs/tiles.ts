/** Tiles of a plane for the screen: {@link PlaneCache} holds pyramids, {@link tileOf} cuts a tile out of one. */
export { PlaneCache } from './planeCache.ts';
export { buildPyramid, levelCount, type Pyramid, tileOf, tileSize } from './pyramid.ts';
export { LargePlane, type Tile, wholePlanePixels } from './largePlane.ts';
