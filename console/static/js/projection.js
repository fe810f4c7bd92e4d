// Albers' equal-area conic projection for China (parallels 25° and 47° north, meridian 105° east): surfaces compare.

const RAD = Math.PI / 180;
const [P1, P2, P0, L0] = [25 * RAD, 47 * RAD, 36 * RAD, 105 * RAD];
const N = (Math.sin(P1) + Math.sin(P2)) / 2;
const C = Math.cos(P1) ** 2 + 2 * N * Math.sin(P1);
const R0 = Math.sqrt(C - 2 * N * Math.sin(P0)) / N;

/** Degrees to plane coordinates in earth radii. */
export function project(lon, lat) {
  const r = Math.sqrt(C - 2 * N * Math.sin(lat * RAD)) / N;
  const angle = N * (lon * RAD - L0);
  return [r * Math.sin(angle), R0 - r * Math.cos(angle)];
}

const range = (from, to, step) => Array.from({ length: Math.floor((to - from) / step) + 1 }, (_, i) => from + i * step);

export const MERIDIANS = range(80, 130, 10);
export const PARALLELS = range(20, 50, 10);

/** The graticule as polylines, each with the label of its line. */
export function graticule() {
  const meridians = MERIDIANS.map((lon) => ({ label: `${lon}°E`, points: range(15, 54, 1).map((lat) => project(lon, lat)) }));
  const parallels = PARALLELS.map((lat) => ({ label: `${lat}°N`, points: range(73, 137, 1).map((lon) => project(lon, lat)) }));
  return { meridians, parallels };
}

/** Plane box that holds every point: [[left, right], [bottom, top]]. */
export const BOX = [[-0.475, 0.475], [-0.345, 0.375]];
