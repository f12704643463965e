/** The section: the plane beyond which machines are not drawn, and a frame that shows where it stands. */
import { type Box3, BufferGeometry, Float32BufferAttribute, LineBasicMaterial, LineLoop, Vector4 } from "three";
import type { Section } from "../state/look";
import { NO_CUT } from "./material";

const AXES = { x: 0, y: 1, z: 2 } as const;
/** A plane at the very edge must leave something, and the frame stands a little outside. */
const MARGIN = 0.6;

/** Return the plane (normal, distance): points with `dot(normal, p) > distance` are cut off. */
export function cutOf(section: Section | null, box: Box3): Vector4 {
  if (!section) return NO_CUT.clone();
  const axis = AXES[section.axis];
  const sign = section.flipped ? -1 : 1;
  const normal = [0, 0, 0];
  normal[axis] = sign;
  return new Vector4(normal[0], normal[1], normal[2], sign * placeOf(section, box));
}

function placeOf(section: Section, box: Box3): number {
  const low = box.min.getComponent(AXES[section.axis]);
  const high = box.max.getComponent(AXES[section.axis]);
  return low + (high - low) * Math.min(1, Math.max(0, section.at));
}

export class SectionFrame {
  readonly line = new LineLoop(new BufferGeometry(), new LineBasicMaterial());

  constructor() {
    this.line.visible = false;
    this.line.frustumCulled = false;
  }

  setColor(color: string): void {
    this.line.material.color.set(color);
  }

  show(section: Section | null, box: Box3): void {
    this.line.visible = section !== null;
    if (!section) return;
    const axis = AXES[section.axis];
    const at = placeOf(section, box);
    const [u, v] = [0, 1, 2].filter((other) => other !== axis);
    const low = box.min.toArray();
    const high = box.max.toArray();
    const points: number[] = [];
    for (const [a, b] of [
      [low[u], low[v]],
      [high[u], low[v]],
      [high[u], high[v]],
      [low[u], high[v]],
    ]) {
      const corner = [at, at, at];
      corner[u] = a + (a === low[u] ? -MARGIN : MARGIN);
      corner[v] = b + (b === low[v] ? (v === 1 ? 0.02 : -MARGIN) : MARGIN);
      points.push(...corner);
    }
    this.line.geometry.setAttribute("position", new Float32BufferAttribute(points, 3));
  }

  dispose(): void {
    this.line.geometry.dispose();
    this.line.material.dispose();
  }
}
