/** What a headset may use of the scene. */
import type { Person } from "../state/store";
import type { HeadsetHost } from "../xr/host";
import type { CameraRig } from "./camera";
import type { Chosen } from "./chosen";
import type { Floor } from "./floor";
import type { Frames } from "./frames";
import type { Plant } from "./plant";
import type { Stage } from "./stage";

interface Parts {
  stage: Stage;
  rig: CameraRig;
  plant: Plant;
  chosen: Chosen;
  floor: Floor;
  frames: Frames;
  people(): readonly Person[];
  /** Give the canvas the size of the page again. */
  resize(): void;
}

export function headsetHost({ stage, rig, plant, chosen, floor, frames, people, resize }: Parts): HeadsetHost {
  const reduced = matchMedia("(prefers-reduced-motion: reduce)");
  return {
    renderer: stage.renderer,
    scene: stage.scene,
    dolly: rig.dolly,
    camera: rig.camera,
    views: plant.views,
    lively: () => !reduced.matches,
    focus: (out) => {
      rig.controls.getTarget(out);
      return rig.distance;
    },
    extent: () => rig.extent,
    pick: (raycaster) => {
      const found = plant.hit(raycaster);
      return found && { id: found.view.info.id, distance: found.distance };
    },
    point: (id) => void chosen.point(id),
    pointed: () => chosen.hovered,
    people,
    frame: (ms) => {
      frames.want();
      frames.tick(ms);
    },
    adapt: (look) => {
      frames.headset = look;
      floor.showGround(look?.mode !== "ar");
      if (look) return;
      rig.land();
      // The renderer takes no size before the session is wholly over.
      requestAnimationFrame(resize);
    },
  };
}
