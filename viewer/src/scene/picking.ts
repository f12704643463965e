/** Which twin a ray meets. */
import { type Intersection, type Object3D, type Raycaster, Sphere, Vector3 } from "three";
import type { TwinView } from "./twin-view";

const point = new Vector3();
const ball = new Sphere();

export interface Hit {
  view: TwinView;
  /** Metres. */
  distance: number;
}

/** Return the nearest of the twins that are shown, null for none; `any` stands for what has no body of its own. */
export function pickView(views: Iterable<TwinView>, raycaster: Raycaster, any: Object3D): Hit | null {
  let best: TwinView | null = null;
  let nearest = Number.POSITIVE_INFINITY;
  const hits: Intersection<Object3D>[] = [];
  for (const view of views) {
    if (!view.shown || !raycaster.ray.intersectsSphere(hull(view))) continue;
    hits.length = 0;
    if (view.bucket) view.bucket.raycast(view.index, raycaster, hits);
    else hits.push({ distance: raycaster.ray.origin.distanceTo(view.center(point)), point, object: any });
    for (const hit of hits) {
      if (hit.distance >= nearest) continue;
      nearest = hit.distance;
      best = view;
    }
  }
  return best && { view: best, distance: nearest };
}

function hull(view: TwinView): Sphere {
  view.center(ball.center);
  ball.radius = Math.hypot(...view.size) * 0.6;
  return ball;
}
