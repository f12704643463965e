/** Where an arrow to something outside of the picture stands. Pure. */

/** From the edge; CSS pixels. */
const INSET = 26;

export interface Edge {
  x: number;
  y: number;
  /** Where the arrow points, degrees clockwise from upwards. */
  turnDeg: number;
}

/**
 * Return where on the frame the way from the middle to a point leaves the picture; null for a point inside.
 *
 * `x`, `y` are normalised device coordinates; `behind` says that the point lies behind the camera, which mirrors them.
 */
export function edgeOf(x: number, y: number, behind: boolean, width: number, height: number): Edge | null {
  if (!behind && Math.abs(x) <= 1 && Math.abs(y) <= 1) return null;
  const [toX, toY] = behind ? [-x, -y] : [x, y];
  const [alongX, alongY] = [toX * width, -toY * height];
  const length = Math.hypot(alongX, alongY) || 1;
  const [dirX, dirY] = [alongX / length, alongY / length];
  const reach = Math.min((width / 2 - INSET) / Math.abs(dirX || 1e-9), (height / 2 - INSET) / Math.abs(dirY || 1e-9));
  return {
    x: width / 2 + dirX * reach,
    y: height / 2 + dirY * reach,
    turnDeg: (Math.atan2(dirX, -dirY) * 180) / Math.PI,
  };
}
